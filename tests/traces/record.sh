#!/usr/bin/env bash
# Records the traces in samples/ anew: this project's own tests of the engine under perf and bpftrace, the tokenizer of
# Python under py-spy, npm under V8's profiler. Needs Linux, root for bpftrace, and:
#   apt-get install linux-perf bpftrace; pip install py-spy; npm install @datadog/pprof (NODE_PATH names its folder)
# A tool that is missing leaves its sample as it is.
set -euo pipefail
cd "$(dirname "$0")"
samples="$PWD/samples"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

has() { command -v "$1" >/dev/null || { echo "note: no $1, its sample stays" >&2; return 1; }; }
# Modules lie in another folder each time; what is kept says a neutral one.
neutral() { sed -e "s#$work#/opt/release#g" -e 's#/[^ ():"]*/\(rust\|cargo\|\.cargo\|\.rustup\)[^ ():"]*/#/rust/#g'; }

engine=${ENGINE:-$(cd ../.. && cargo test --locked --no-run --package decision-gate-core --test engine 2>&1 |
  sed -n 's/.*(\(.*engine-[0-9a-f]*\)).*/\1/p')}
[[ $engine = /* ]] || engine="../../$engine"
cp "$engine" "$work/engine"
run=("$work/engine" --test-threads=1 laws)

if has perf; then
  perf record -q -F 60 -e cpu-clock --call-graph dwarf,4096 -o "$work/perf.data" -- timeout 1 "${run[@]}" >/dev/null || true
  perf script --no-inline -i "$work/perf.data" 2>/dev/null | neutral >"$samples/engine.perf.txt"
fi
if has bpftrace; then
  "${run[@]}" >/dev/null & process=$!
  # It names functions while the program runs, so it ends first.
  sleep 0.3
  bpftrace -e "profile:hz:199 /pid == $process/ { @[ustack] = count(); } interval:ms:600 { exit(); }" | neutral >"$samples/engine.bpftrace.txt"
  kill "$process" 2>/dev/null || true
  wait "$process" 2>/dev/null || true
fi
if has py-spy; then
  library=$(python3 -c 'import argparse; print(argparse.__file__)')
  cp "$library" "$work/argparse.py"
  for _ in $(seq 40); do cat "$library"; done >"$work/input.py"
  py-spy record --rate 200 --format raw --output "$work/folded" -- "$(python3 -c 'import sys; print(sys.executable)')" -m tokenize "$work/input.py" >/dev/null
  neutral <"$work/folded" >"$samples/tokenize.folded.txt"
fi
if has node && [[ -n ${NODE_PATH:-} ]]; then
  npm=$(readlink -f "$(command -v npm)")
  (cd "$work" && npm init -y >/dev/null && PPROF_OUTPUT="$work/npm.pprof" node --require "$OLDPWD/profile.cjs" "$npm" ls --all >/dev/null) || true
  mv "$work/npm.pprof" "$samples/npm.pprof.gz"
fi
ls -l "$samples"
