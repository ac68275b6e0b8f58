#!/usr/bin/env bash
# Builds the binary that is shipped and measured, and the packages that are named besides. On Linux x86-64 its linker is
# bench/ordered-cc, which lays the functions that a start runs side by side.
set -euo pipefail
cd "$(dirname "$0")/.."
# bench/ordered-cc knows functions by name: only these names tell the instances of a generic function apart.
export RUSTFLAGS="${RUSTFLAGS:-} -C symbol-mangling-version=v0"
# Parts of SQLite that no ledger uses. The full-text search alone makes every start load the C library of mathematics,
# and nobody asks how much memory it has taken, which it would count under a lock.
unused=(FTS3 FTS3_PARENTHESIS FTS5 RTREE DBSTAT_VTAB)
export LIBSQLITE3_FLAGS="${LIBSQLITE3_FLAGS:-} ${unused[*]/#/-USQLITE_ENABLE_} -DSQLITE_DEFAULT_MEMSTATUS=0"
last=(-C strip=symbols)
if [[ "$(uname -sm)" == "Linux x86_64" ]]; then
    last+=(-C "linker=$PWD/bench/ordered-cc")
    # Addresses that a start has to adjust, in a table that is thirty times as small. The C library of this machine must
    # know the form (since 2.36), and so must that of every machine that the binary is brought to.
    libc=$(getconf GNU_LIBC_VERSION 2>/dev/null || true)
    if [[ "$(printf '%s\n' 'glibc 2.36' "$libc" | sort -V | head -n 1)" == 'glibc 2.36' ]]; then
        last+=(-C link-arg=-Wl,-z,pack-relative-relocs)
    fi
fi
for package in "$@"; do
    cargo build --locked --profile dist --package "$package"
done
cargo rustc --locked --profile dist --package decision-gate-cli --bin decision-gate --features full -- "${last[@]}"
said=${CARGO_TARGET_DIR:-target}/dist/deps/startup-order.txt
if [[ -f "$said" ]]; then cat "$said" >&2; fi
