#!/usr/bin/env bash
# Symbols to names as people read them, line by line: without hashes, and of bounded length.
set -euo pipefail
sed -E 's/\.llvm\.[0-9]+$//' | c++filt | sed -E 's/\[[0-9a-f]{6,16}\]//g; s/::h[0-9a-f]{16}$//' | tr '\t' ' ' | cut -c 1-300
