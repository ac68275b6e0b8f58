#!/usr/bin/env bash
# Writes a list such as bench/startup.order: the functions that a start, a handshake in each era, a tool list and one
# query run, in that order, as valgrind's callgrind saw them. The linker bench/ordered-cc runs it:
#   bench/startup-order.sh BINARY NAMED LIST
# where NAMED has a line "symbol, tab, plain name" for each function.
set -euo pipefail
binary=$1 named=$2 list=$3
command -v valgrind >/dev/null || { echo "valgrind is needed to see which functions a start runs" >&2; exit 2; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat > "$work/scenario.json" <<'SCENARIO'
{"scenario_id":"order","namespace_id":1,"spec_version":"1","stages":[{"stage_id":"only","entry_packets":[],
"gates":[{"gate_id":"all","requirement":{"Condition":"c"}}],"advance_to":{"kind":"terminal"},"timeout":null,
"on_timeout":"fail"}],"conditions":[{"condition_id":"c","query":{"provider_id":"time","check_id":"now"},
"comparator":"greater_than","expected":0,"policy_tags":[]}],"policies":[],"schemas":[],"default_tenant_id":1}
SCENARIO
cat > "$work/gate.toml" <<CONFIG
[server]
profile = "full"
[store]
path = "$work/ledger.db"
[runpacks]
root = "$work"
[[providers]]
name = "time"
type = "builtin"
CONFIG
{ cat "$work/gate.toml"; printf '[scenarios]\nfiles = ["scenario.json"]\n'; } > "$work/pinned.toml"

modern='"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"order","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}}'
initialize='{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"order","version":"1"}}}
{"jsonrpc":"2.0","method":"notifications/initialized"}'
discover="{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"server/discover\",\"params\":{$modern}}"
tools='{"jsonrpc":"2.0","id":2,"method":"tools/list"}'
query='{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"evidence_query","arguments":{"query":{"provider_id":"time","check_id":"now"}}}}'

session() { # name, configuration, messages
    printf '%s\n' "$3" | valgrind --quiet --tool=callgrind --demangle=no --callgrind-out-file="$work/$1.run" \
        "$binary" serve --config "$work/$2" >/dev/null 2>&1
}
session 1 gate.toml "$initialize"
session 2 gate.toml "$discover"
session 3 pinned.toml "$initialize"
session 4 gate.toml "$initialize
$tools"
session 5 gate.toml "$initialize
$query"

# A function has a number and, where it is first named, its name; the name may end in a recursion mark.
awk '
    FILENAME == ARGV[1] { split($0, pair, "\t"); plain[pair[1]] = pair[2]; next }
    match($0, /^c?fn=\([0-9]+\) /) {
        name = substr($0, RLENGTH + 1); sub(/\x27.*/, "", name)
        if (name in plain && !seen[plain[name]]++) print plain[name]
    }
' "$named" "$work"/[1-5].run > "$work/order"
mv "$work/order" "$list"
