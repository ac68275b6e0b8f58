"""An evidence provider in Python: a plain MCP server that signs what it answers.

    python provider.py REPORTS KEY.pem
    PORT=8000 python provider.py REPORTS KEY.pem

It has one tool, `report_field(report, field)`: the value of a field of a JSON report in the folder REPORTS. When the gate
says what it asks (`send_context = true`), the answer comes with a DSSE envelope around an evidence statement that binds
the value to the question, so that it can't be played again for another one. Without KEY.pem it does not sign. The gate
starts it and talks to it over stdin and stdout; with a PORT it runs on its own, at http://127.0.0.1:PORT/mcp.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from mcp.server.mcpserver import Context, MCPServer
from mcp.types import CallToolResult, TextContent

import statement

server = MCPServer("reports")
reports = Path(sys.argv[1]).resolve()
key = statement.load_key(Path(sys.argv[2])) if len(sys.argv) > 2 else None


def look_up(report: str, field: str) -> dict[str, Any] | None:
    """The value as the gate reads it; None when the report has no such field."""
    path = (reports / report).resolve()
    if not path.is_relative_to(reports):
        raise ValueError("the report is not in the folder")
    document = json.loads(path.read_text(encoding="utf-8"))
    return {"kind": "json", "value": document[field]} if field in document else None


@server.tool()
def report_field(report: str, field: str, ctx: Context) -> CallToolResult:
    """The value of a field of a report."""
    value = look_up(report, field)
    anchor = {"anchor_type": "report", "anchor_value": statement.canonical({"field": field, "report": report}).decode()}
    result = {"value": value, "content_type": "application/json" if value else None, "evidence_anchor": anchor}
    asked = (ctx.request_context.meta or {}).get("decision-gate/query")
    meta = {}
    if key and asked:
        meta["decision-gate/attestation"] = statement.sign(key, statement.about(asked, result))
    return CallToolResult(
        content=[TextContent(type="text", text=json.dumps(value))], structured_content=result, _meta=meta
    )


if __name__ == "__main__":
    if "PORT" in os.environ:
        server.run("streamable-http", host="127.0.0.1", port=int(os.environ["PORT"]))
    else:
        server.run("stdio")
