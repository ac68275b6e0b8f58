#!/usr/bin/env bash
# Installs what a fresh Debian machine lacks; says what is missing elsewhere. Quick when nothing is.
set -euo pipefail
missing=()
command -v cc >/dev/null || missing+=(gcc libc6-dev)
command -v pkg-config >/dev/null || missing+=(pkg-config)
if ((${#missing[@]})); then
  if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
  else
    echo "please install: ${missing[*]}" >&2
    exit 2
  fi
fi
command -v cargo >/dev/null || { echo "please install Rust (stable) with rustup; see https://rustup.rs" >&2; exit 2; }
