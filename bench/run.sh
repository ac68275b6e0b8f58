#!/usr/bin/env bash
# Builds the product and the floor alike, measures them side by side and prints the table. Arguments go to the driver:
#   bench/run.sh [--only NAME]... [--events COUNT] [--quick] [--strict]
set -euo pipefail
cd "$(dirname "$0")/.."
CARGO_TERM_QUIET=true ./bench/build.sh decision-gate-bench
exec "${CARGO_TARGET_DIR:-target}/dist/decision-gate-bench" "$@"
