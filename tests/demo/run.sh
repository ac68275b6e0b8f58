#!/usr/bin/env bash
# The main job, as a transcript: a real release gate over stdio, from real reports to a verified runpack.
set -euo pipefail
cd "$(dirname "$0")/../.."
DECISION_GATE_BINARY="$PWD/target/debug/decision-gate" exec target/debug/decision-gate-demo
