#!/usr/bin/env bash
# Builds the product and the floor alike, measures them side by side and prints the table. Arguments go to the driver:
#   bench/run.sh [--only NAME]... [--quick] [--strict]
set -euo pipefail
cd "$(dirname "$0")/.."
target=${CARGO_TARGET_DIR:-target}
cargo build --locked --quiet --profile dist --package decision-gate-bench
./bench/build.sh --quiet
exec "$target/dist/decision-gate-bench" "$@"
