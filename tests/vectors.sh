#!/usr/bin/env bash
# Every vector collection that the product covers: one line each, `NAME: N of M`, then the false accepts.
# The collections are in the folder DECISION_GATE_VECTORS, else in shared/vectors beside the project.
set -euo pipefail
cd "$(dirname "$0")/.."
export DECISION_GATE_REQUIRE_VECTORS=1

# The tests that go through a collection print its line, or one for each part of it: `NAME PART: N of M`.
suites=(json_vectors signature_vectors ledger_vectors vex_vectors attestation_vectors report_vectors engine peer_packs peer_scenarios yaml_vectors protocol_vectors)
# A collection is its parts; one without parts is its own.
collections=(
  01-jcs-rfc8785
  02-ed25519
  03-ecdsa-p256
  04-dsse-intoto
  "05-slsa-verifier signatures cloudbuild statements verdicts"
  "06-sigstore-conformance verdicts signatures others"
  "07-vex facts documents refusals derived effective csaf"
  08-jsonpath-cts
  09-json-parsing
  10-yaml-subset
  11-ci-junit
  12-ci-sarif
  13-ci-scanners
  14-ci-coverage
  15-ci-test-json
  16-ci-github-api
  17-ci-sonarqube
  18-ci-sbom
  "19-decision-gate-peer agentic comparators runpacks"
  20-merkle-rfc6962
  "21-signed-note-checkpoint notes keys bodies proofs log"
  22-mcp
  23-jsonrpc
  24-evidence-queries
)

output=$(mktemp)
trap 'rm -f "$output"' EXIT
status=0
${CARGO:-cargo} test --locked --workspace --no-fail-fast "${suites[@]/#/--test=}" -- --show-output >"$output" || status=1

# What a suite says of a collection or of one part of it: `N M`, or nothing.
count() { sed -nE "s/^$1: ([0-9]+) of ([0-9]+)$/\1 \2/p" "$output" | head -n 1; }

for collection in "${collections[@]}"; do
  read -r name parts <<<"$collection"
  held=0 all=0 lines=""
  for part in ${parts:-.}; do
    label=$name${parts:+ $part}
    counted=$(count "$label")
    if [ -z "$counted" ]; then
      lines+="  $label: not run"$'\n'
      status=1
      continue
    fi
    held=$((held + ${counted% *})) all=$((all + ${counted#* }))
    if [ -n "$parts" ]; then lines+="  $label: ${counted/ / of }"$'\n'; fi
    # Rows whose answer differs on purpose, as the suite names them.
    known=$(sed -nE "s/^$label: (.* is .*)$/    \1/p" "$output")
    if [ -n "$known" ]; then lines+=$known$'\n'; fi
  done
  echo "$name: $held of $all"
  printf '%s' "$lines"
  if [ "$held" != "$all" ] || [ "$all" = 0 ]; then status=1; fi
done

accepted=$(grep -E '^[0-9]{2}-[a-z0-9-]+( [a-z]+)?: false accept ' "$output" | sed 's/: false accept /: /' | sort || true)
echo "false accepts: $(grep -c . <<<"$accepted" || true)"
if [ -n "$accepted" ]; then
  sed 's/^/  /' <<<"$accepted"
  status=1
fi
if [ "$status" != 0 ]; then grep -E '^test .* FAILED$' "$output" >&2 || true; fi
exit "$status"
