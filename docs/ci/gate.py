"""Asks a Decision Gate over MCP whether a change may advance: `gate.py COMMAND CONFIG SCENARIO`.

Needs the official SDK (`pip install mcp`, version 2). Exit codes are those of the command line: 0 allowed, 1 not, 2 no
decision.
"""

import asyncio
import sys

from mcp import Client, StdioServerParameters


async def ask(client, tool, arguments):
    """Calls a tool, and shows what it says."""
    answer = await client.call_tool(tool, arguments)
    print("\n".join(part.text for part in answer.content if part.type == "text"))
    if answer.is_error:
        raise SystemExit(2)
    return answer.structured_content


async def main(command, config, scenario):
    server = StdioServerParameters(command=command, args=["serve", "--config", config, "--profile", "ci"])
    async with Client(server) as client:
        run = await ask(client, "scenario_start", {"scenario_id": scenario})
        while run["status"] == "active":
            run = await ask(client, "scenario_next", {"run_id": run["run_id"]})
            if run["decision"]["outcome"]["kind"] == "hold":
                break
        return 0 if run["allowed"] else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main(*sys.argv[1:])))
