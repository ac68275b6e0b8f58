#!/usr/bin/env bash
# The recipe of the reports in tests/demo/reports: this project's own tests, lints and coverage, by real tools.
#
#   before/  coverage of one protocol era only, and no lint report yet
#   after/   both eras, and the lint report
set -euo pipefail
cd "$(dirname "$0")/../.."
reports=tests/demo/reports
tests/clients/setup.sh target/clients python
python=target/clients/venv/bin/python
"$python" -m pip install --quiet --disable-pip-version-check coverage
cargo build --locked -q --bins

one_suite() { # the line that ends the suite of decision-gate-core
  NEXTEST_EXPERIMENTAL_LIBTEST_JSON=1 cargo nextest run --locked -p decision-gate-core --lib --message-format libtest-json 2>/dev/null |
    grep '"type":"suite"' | tail -n 1
}
covered() { # covered REPORT [--era ERA]: coverage of the Python client session
  local report=$1
  shift
  "$python" -m coverage run --data-file=target/demo.coverage tests/clients/python/session.py "$@" target/debug/decision-gate serve >/dev/null
  "$python" -m coverage json --data-file=target/demo.coverage -q -o "$report"
}

mkdir -p "$reports/before" "$reports/after"
one_suite >"$reports/before/tests.json"
cp "$reports/before/tests.json" "$reports/after/tests.json"
covered "$reports/before/coverage.json" --era legacy
covered "$reports/after/coverage.json"
touch crates/decision-gate-core/src/lib.rs
cargo clippy --locked -p decision-gate-core --message-format json 2>/dev/null |
  "$python" -c 'import json, sys
kept = []
for line in map(json.loads, sys.stdin):
    if line["reason"] == "compiler-message":
        kept.append({"reason": line["reason"], "message": {"level": line["message"]["level"], "message": line["message"]["message"]}})
    elif line["reason"] == "build-finished":
        kept.append(line)
json.dump(kept, sys.stdout, indent=1)' >"$reports/after/clippy.json"
