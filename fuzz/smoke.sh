#!/usr/bin/env bash
# Each fuzz target for a few seconds (FUZZ_SECONDS), from its seeds. Says so where cargo-fuzz or nightly is not there;
# the suite `fuzz_smoke` drives the same targets on stable.
set -euo pipefail
cd "$(dirname "$0")/.."
if ! cargo fuzz --version >/dev/null 2>&1; then
  echo "note: cargo-fuzz is not installed; run \`cargo install cargo-fuzz\`"
  exit 0
fi
if ! cargo +nightly --version >/dev/null 2>&1; then
  echo "note: there is no nightly toolchain; run \`rustup toolchain install nightly\`"
  exit 0
fi
for file in fuzz/fuzz_targets/*.rs; do
  target=$(basename "$file" .rs)
  mkdir -p "fuzz/corpus/$target"
  cargo +nightly fuzz run "$target" "fuzz/corpus/$target" "fuzz/seeds/$target" -- -max_total_time="${FUZZ_SECONDS:-5}"
done
