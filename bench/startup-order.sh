#!/usr/bin/env bash
# Writes bench/startup.order anew: the functions that a start, a handshake in each era, a tool list and one query run,
# in that order, as valgrind's callgrind saw them. Run it when the code of a start has changed much.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v valgrind >/dev/null || { echo "valgrind is needed to see which functions a start runs" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
KEEP_SYMBOLS=1 ./bench/build.sh --quiet
binary=${CARGO_TARGET_DIR:-target}/dist/decision-gate
printf '[store]\npath = "%s/ledger.db"\n[[providers]]\nname = "time"\ntype = "builtin"\n' "$work" > "$work/gate.toml"

modern='"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"order","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}'
initialize='{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"order","version":"1"}}}
{"jsonrpc":"2.0","method":"notifications/initialized"}'
discover="{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\",\"params\":{$modern}}"
calls='{"jsonrpc":"2.0","id":2,"method":"tools/list"}
{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"evidence_query","arguments":{"query":{"provider_id":"time","check_id":"now"}}}}'

session() { # name, messages
    printf '%s\n' "$2" | valgrind --quiet --tool=callgrind --demangle=no --callgrind-out-file="$work/$1" \
        "$binary" serve --config "$work/gate.toml" >/dev/null 2>&1
}
session 1-initialize "$initialize"
session 2-discover "$discover"
session 3-calls "$initialize
$calls"

# A function has a number and, where it is first named, its name; the name may end in a recursion mark.
awk 'match($0, /^c?fn=\([0-9]+\) /) { name = substr($0, RLENGTH + 1); sub(/\x27.*/, "", name); if (!seen[name]++) print name }' \
    "$work"/[123]-* > "$work/run"
nm "$binary" | awk '$2 ~ /[tT]/ { print $3 }' | sort -u > "$work/symbols"
grep -Fxf "$work/symbols" "$work/run" > bench/startup.order
echo "bench/startup.order: $(wc -l < bench/startup.order) functions"
