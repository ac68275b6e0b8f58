#!/usr/bin/env bash
# Builds the binary that is shipped and measured. On Linux x86-64, where rustc links with lld, the functions that a
# start runs are laid side by side (bench/startup.order): the kernel maps code in windows of 64 KiB around each page
# that is touched, so scattered start code is resident memory and time. Names that no longer exist are ignored; a stale
# list costs memory, never correctness.
set -euo pipefail
cd "$(dirname "$0")/.."
order=()
[[ -n "${KEEP_SYMBOLS:-}" ]] || order+=(-C strip=symbols)
if [[ -s bench/startup.order && "$(uname -sm)" == "Linux x86_64" ]]; then
    order+=(-C "link-arg=-Wl,--symbol-ordering-file=$PWD/bench/startup.order" -C link-arg=-Wl,--no-warn-symbol-ordering)
fi
exec cargo rustc --locked --profile dist --package decision-gate-cli --bin decision-gate "$@" -- "${order[@]}"
