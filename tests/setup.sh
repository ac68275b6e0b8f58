#!/usr/bin/env bash
# Installs what a fresh Debian machine lacks; says what is missing elsewhere. Quick when nothing is.
set -euo pipefail
missing=()
command -v cc >/dev/null || missing+=(gcc libc6-dev)
command -v pkg-config >/dev/null || missing+=(pkg-config)
# The server alone: tests make clusters of their own, so none of the system's is made or started.
wanted=()
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || wanted+=(postgresql)
# Kills a program at a system call.
command -v strace >/dev/null || wanted+=(strace)
if ((${#missing[@]})); then
  if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}" >/dev/null
  else
    echo "please install: ${missing[*]}" >&2
    exit 2
  fi
fi
if ((${#wanted[@]})); then
  if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    mkdir -p /etc/postgresql-common
    [ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
      -o Dpkg::Options::=--force-confold "${wanted[@]}" >/dev/null || echo "note: ${wanted[*]} can't be had here; tests that need it are skipped" >&2
  else
    echo "note: not here (Debian packages): ${wanted[*]}; tests that need them are skipped" >&2
  fi
fi
# A browser to look at the pages that reports are.
if ! command -v chromium >/dev/null && ! command -v chromium-browser >/dev/null && ! command -v google-chrome >/dev/null; then
  if command -v apt-get >/dev/null && [ "$(id -u)" = 0 ]; then
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core \
      >/dev/null || echo "note: no browser here; tests that look at pages are skipped" >&2
  else
    echo "note: no browser here (Debian package: chromium); tests that look at pages are skipped" >&2
  fi
fi
command -v cargo >/dev/null || { echo "please install Rust (stable) with rustup; see https://rustup.rs" >&2; exit 2; }
