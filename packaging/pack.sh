#!/usr/bin/env bash
# Packs a built binary for MCP hosts and the registry:
#
#   packaging/pack.sh BINARY OUT
#
# Writes OUT/decision-gate-VERSION-OS-ARCH.mcpb, OUT/server.json and OUT/schemas/. The same binary gives the same bundle: names are in
# order and times are fixed.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
binary=$1 out=$2
version=$("$binary" --version | awk '{print $2}')
case $(uname -s) in
  Linux) platform=linux ;;
  Darwin) platform=darwin ;;
  *) platform=win32 ;;
esac
file="decision-gate-$version-$platform-$(uname -m).mcpb"
mkdir -p "$out"
fill() { sed -e "s|@VERSION@|$version|g" -e "s|@PLATFORM@|$platform|g" -e "s|@FILE@|$file|g" -e "s|@SHA256@|${sha:-}|g" "$1"; }
fill "$here/manifest.json" | python3 -c '
import sys, zipfile
out, binary, license = sys.argv[1:]
files = [("manifest.json", sys.stdin.buffer.read(), 0o644), ("LICENSE", open(license, "rb").read(), 0o644)]
files.append(("server/decision-gate", open(binary, "rb").read(), 0o755))
with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as bundle:
    for name, content, mode in files:
        entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
        entry.external_attr, entry.compress_type = (0o100000 | mode) << 16, zipfile.ZIP_DEFLATED
        bundle.writestr(entry, content)
' "$out/$file" "$binary" "$here/../LICENSE"
sha=$(sha256sum "$out/$file" | awk '{print $1}')
fill "$here/server.json" > "$out/server.json"
"$binary" schema write "$out/schemas" --quiet
echo "$out/$file"
