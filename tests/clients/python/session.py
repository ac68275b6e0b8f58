"""Takes a scenario from define to verified runpack with the official Python SDK, in both protocol eras.

    session.py [--era legacy|modern] COMMAND [ARGUMENT...]

COMMAND starts the server; `--config FILE` is added to it. The session brings its own folder with a configuration, a
scenario and evidence that first fails its gate. Prints one JSON line per step; the first surprise ends it with that
step's name on standard error and exit status 1.
"""

import asyncio
import contextlib
import json
import shutil
import sys
import tempfile
from pathlib import Path

from mcp import Client, ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import PaginatedRequestParams, PromptReference, ResourceTemplateReference

FIXTURE = Path(__file__).resolve().parent.parent / "workspace"
NEEDED = {
    "scenario_define",
    "scenario_start",
    "scenario_next",
    "scenario_status",
    "precheck",
    "evidence_query",
    "runpack_export",
    "runpack_verify",
}
CALL_SECONDS = 30


class Surprise(Exception):
    """A step did not go as it must."""


class Steps:
    """The session's record: one line per step, and where it stands."""

    def __init__(self, era):
        self.era = era
        self.current = "connect"

    def begin(self, step):
        self.current = step

    def done(self, **facts):
        print(json.dumps({"client": "python", "era": self.era, "step": self.current, **facts}), flush=True)

    def expect(self, holds, seen):
        if not holds:
            raise Surprise(f"{self.era}/{self.current}: {json.dumps(seen)[:2000]}")


@contextlib.asynccontextmanager
async def legacy(server, heard):
    """The handshake of the revisions up to 2025-11-25; the level of notices is set once."""
    async with stdio_client(server) as (read, write):
        options = {"read_timeout_seconds": CALL_SECONDS, "logging_callback": heard}
        async with ClientSession(read, write, **options) as session:
            started = await session.initialize()
            await session.set_logging_level("info")
            yield session, started.protocol_version


@contextlib.asynccontextmanager
async def modern(server, heard):
    """`server/discover` first, as the SDK's own default does; each request says the level of notices."""
    async with Client(server, read_timeout_seconds=CALL_SECONDS, logging_callback=heard, log_level="info") as client:
        yield client, client.protocol_version


async def call(session, steps, tool, arguments):
    """Calls a tool and returns what it answers, which must not be an error."""
    result = await session.call_tool(tool, arguments)
    text = " ".join(part.text for part in result.content if part.type == "text")
    steps.expect(not result.is_error, {"tool": tool, "text": text, "structured": result.structured_content})
    steps.expect(isinstance(result.structured_content, dict), {"tool": tool, "structured": result.structured_content})
    steps.expect(text.strip() != "", {"tool": tool, "text": text})
    return result.structured_content


async def release(session, steps, folder):
    """From define to a verified pack."""
    steps.begin("tools/list")
    tools = (await session.list_tools()).tools
    names = [tool.name for tool in tools]
    steps.expect(NEEDED <= set(names), {"missing": sorted(NEEDED - set(names))})
    steps.expect(all(tool.output_schema for tool in tools), {"without output schema": names})
    steps.done(tools=len(names))

    steps.begin("scenario_define")
    spec = json.loads((folder / "scenario.json").read_text())
    defined = await call(session, steps, "scenario_define", {"spec": spec})
    steps.expect(defined.get("scenario_id") == "release", defined)
    steps.done(spec_hash=defined.get("spec_hash"))

    steps.begin("scenario_start")
    started = await call(session, steps, "scenario_start", {"scenario_id": "release", "run_id": "run-1"})
    steps.expect(started.get("run_id") == "run-1", started)
    steps.done(run_id="run-1")

    steps.begin("scenario_next holds")
    held = await call(session, steps, "scenario_next", {"run_id": "run-1"})
    steps.expect(held["decision"]["outcome"]["kind"] == "hold", held)
    steps.done(outcome="hold")

    steps.begin("scenario_next completes")
    shutil.copy(folder / "mended" / "tests.json", folder / "evidence" / "tests.json")
    passed = await call(session, steps, "scenario_next", {"run_id": "run-1"})
    steps.expect(passed["decision"]["outcome"]["kind"] == "complete", passed)
    steps.done(outcome="complete")

    steps.begin("runpack_export")
    exported = await call(session, steps, "runpack_export", {"run_id": "run-1"})
    pack = exported.get("runpack_dir")
    steps.expect(isinstance(pack, str) and pack != "", exported)
    steps.done(runpack_dir=pack)

    steps.begin("runpack_verify")
    verified = await call(session, steps, "runpack_verify", {"runpack_dir": pack})
    steps.expect(verified.get("status") == "pass", verified)
    steps.done(status="pass", verdict=verified.get("verdict"))

    steps.begin("an error the caller can mend")
    refused = await session.call_tool("scenario_next", {"run_id": "no-such-run"})
    steps.expect(refused.is_error and "code" in (refused.structured_content or {}), refused.model_dump(mode="json"))
    steps.done(code=refused.structured_content["code"])


async def everything(session, steps):
    """All resources, page by page."""
    found, cursor = [], None
    while True:
        if steps.era == "legacy":
            page = await session.list_resources(params=PaginatedRequestParams(cursor=cursor))
        else:
            page = await session.list_resources(cursor=cursor, cache_mode="bypass")
        found += page.resources
        cursor = page.next_cursor
        if not cursor:
            return found


async def look_around(session, steps, notices):
    """What there is beside tools, as a host would use it."""
    steps.begin("resources")
    uris = [str(resource.uri) for resource in await everything(session, steps)]
    wanted = {f"decision-gate://{path}" for path in ("docs/glossary.md", "runs/run-1", "packs/run-1")}
    steps.expect(wanted <= set(uris), {"missing": sorted(wanted - set(uris))})
    run = json.loads((await session.read_resource("decision-gate://runs/run-1")).contents[0].text)
    steps.expect(run["allowed"] is True, run)
    decision = json.loads((await session.read_resource(run["last_decision_uri"])).contents[0].text)
    steps.expect(decision["decision"]["outcome"]["kind"] == "complete", decision)
    templates = (await session.list_resource_templates()).resource_templates
    steps.expect(len(templates) == 5, [template.uri_template for template in templates])
    steps.done(resources=len(uris))

    steps.begin("prompts")
    prompts = [prompt.name for prompt in (await session.list_prompts()).prompts]
    prompt = await session.get_prompt("read_a_hold", {"run_id": "run-1"})
    kinds = [message.content.type for message in prompt.messages]
    steps.expect(kinds == ["text", "resource"], kinds)
    steps.done(prompts=prompts)

    steps.begin("completion")
    reference = PromptReference(type="ref/prompt", name="read_a_hold")
    runs = (await session.complete(reference, {"name": "run_id", "value": "r"})).completion.values
    steps.expect(runs == ["run-1"], runs)
    template = ResourceTemplateReference(type="ref/resource", uri=templates[0].uri_template)
    pages = (await session.complete(template, {"name": "path", "value": "guides/"})).completion.values
    steps.expect(len(pages) > 5 and all(page.startswith("guides/") for page in pages), pages)
    steps.done(pages=len(pages))

    steps.begin("progress")
    heard = []

    async def progress(done, total, message):
        heard.append((done, total, message))

    await session.call_tool("runpack_verify", {"runpack_dir": "run-1"}, progress_callback=progress)
    steps.expect(len(heard) >= 2 and heard == sorted(heard), heard)
    steps.done(signs=len(heard))

    steps.begin("notices")
    events = [(notice.level, notice.data["event"]) for notice in notices]
    wanted = [("info", "decision")] * 3 + [("warning", "tool_refused")]
    steps.expect([event for event in events if event in wanted] == wanted, events)
    steps.done(notices=len(events))


ERAS = {"legacy": legacy, "modern": modern}


async def main(command, eras):
    for era in eras:
        connect = ERAS[era]
        steps = Steps(era)
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch) / "workspace"
            shutil.copytree(FIXTURE, folder)
            arguments = [*command[1:], "--config", str(folder / "decision-gate.toml")]
            server = StdioServerParameters(command=command[0], args=arguments, cwd=folder)
            try:
                notices = []

                async def heard(notice):
                    notices.append(notice)

                async with connect(server, heard) as (session, version):
                    steps.done(version=version)
                    steps.expect((version == "2026-07-28") == (era == "modern"), version)
                    await release(session, steps, folder)
                    await look_around(session, steps, notices)
            except BaseException as fault:
                print(f"{era}: step `{steps.current}` failed: {innermost(fault)}", file=sys.stderr)
                return 1
    return 0


def innermost(fault):
    """The fault that a task group wrapped, if it did."""
    while getattr(fault, "exceptions", None):
        fault = fault.exceptions[0]
    return repr(fault)


if __name__ == "__main__":
    arguments, eras = sys.argv[1:], list(ERAS)
    if arguments[:1] == ["--era"] and arguments[1:2] and arguments[1] in ERAS:
        eras, arguments = [arguments[1]], arguments[2:]
    if not arguments:
        sys.exit("session.py [--era legacy|modern] COMMAND [ARGUMENT...]")
    program = shutil.which(arguments[0]) or arguments[0]
    sys.exit(asyncio.run(main([str(Path(program).resolve()), *arguments[1:]], eras)))
