#!/usr/bin/env bash
# Lints, then every test. Its last lines are the test runner's summary.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo fmt --all --check
cargo clippy --locked --workspace --all-targets -- -D warnings
if command -v cargo-deny >/dev/null; then cargo deny --locked check; else echo "note: cargo-deny is not installed; licences and advisories are not checked here"; fi
cargo test --locked --workspace --doc -q
if command -v cargo-nextest >/dev/null; then
  cargo nextest run --locked --workspace
else
  cargo test --locked --workspace
fi
