#!/usr/bin/env bash
# Installs the clients that other people wrote, from their own registries, beside the build:
#
#   tests/clients/setup.sh [DESTINATION [python|git-server|object-store|typescript|browser|prometheus]]
#
# DESTINATION defaults to target/clients. Does nothing when what is there was made from the same lists. What the machine
# lacks is installed by the system's package manager where that is possible, and named where it is not.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
destination=${1:-$here/../../target/clients}
part=${2:-all}
mkdir -p "$destination"
destination=$(cd "$destination" && pwd)

# The inspector's own minimum; the client library is content with 20.
node_needed=22.19

say() { printf '%s\n' "clients: $*" >&2; }

# package_manager PACKAGE...: installs Debian packages, or says that they are missing.
package_manager() {
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    say "installing $*"
    apt-get update -qq >&2
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >&2
  else
    say "missing: $* (Debian package names); install them and run this again"
    exit 1
  fi
}

# fresh STAMP FILE...: whether STAMP was written for these very files.
fresh() {
  local stamp=$1
  shift
  [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(cat "$@" | cksum)" ]
}

# stamp STAMP FILE...: notes what was installed.
stamp() {
  local stamp=$1
  shift
  cat "$@" | cksum >"$stamp"
}

# retry COMMAND...: a registry may fail once.
retry() {
  "$@" || { sleep 2; "$@"; }
}

# install_python NAME LIST MODULE: what a list pins, in an environment of its own.
install_python() {
  local venv=$destination/$1 list=$here/python/$2 module=$3
  if fresh "$venv/.stamp" "$list" && "$venv/bin/python" -c "import $module" 2>/dev/null; then return; fi
  command -v python3 >/dev/null || package_manager python3 python3-venv
  python3 -c 'import ensurepip, venv' 2>/dev/null || package_manager python3-venv
  say "python: $(grep "^$module" "$list" | tr '\n' ' ')"
  rm -rf "$venv"
  python3 -m venv "$venv"
  retry "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps -r "$list" >&2
  stamp "$venv/.stamp" "$list"
}

# node_is_new NODE: whether it can run the inspector.
node_is_new() {
  local version
  version=$("$1" --version 2>/dev/null | tr -d v) || return 1
  [ "$(printf '%s\n%s\n' "$node_needed" "$version" | sort -V | head -n 1)" = "$node_needed" ]
}

# install_packages FROM TO: what a lock file lists, without running any package's scripts.
install_packages() {
  local from=$1 to=$2
  mkdir -p "$to"
  cp "$from/package.json" "$from/package-lock.json" "$from/.npmrc" "$to/"
  if fresh "$to/.stamp" "$from/package-lock.json" && [ -d "$to/node_modules" ]; then return; fi
  say "typescript: $(basename "$from")"
  (cd "$to" && retry npm ci --silent --ignore-scripts >&2)
  stamp "$to/.stamp" "$from/package-lock.json"
}

install_typescript() {
  local to=$destination/typescript node
  if ! command -v npm >/dev/null || ! command -v node >/dev/null; then package_manager nodejs npm; fi
  install_packages "$here/typescript" "$to"
  cp "$here/typescript/"*.mjs "$to/"
  node=$(command -v node)
  if ! node_is_new "$node"; then
    install_packages "$here/typescript/runtime" "$to/runtime"
    node=$to/runtime/node_modules/.bin/node
    node_is_new "$node" || {
      say "missing: Node $node_needed or later, and none is packaged for this machine"
      exit 1
    }
  fi
  ln -sfn "$node" "$to/node"
}

# install_browser: what drives a browser, and what looks for barriers in its pages; the browser itself is the machine's.
install_browser() {
  if ! command -v npm >/dev/null || ! command -v node >/dev/null; then package_manager nodejs npm; fi
  install_packages "$here/browser" "$destination/browser"
  cp "$here/browser/"*.mjs "$destination/browser/"
}

# install_prometheus: promtool out of the distribution's package; nothing of it is installed on the machine.
install_prometheus() {
  local to=$destination/prometheus
  if [ -x "$to/promtool" ]; then return; fi
  mkdir -p "$to"
  if command -v promtool >/dev/null; then
    ln -sfn "$(command -v promtool)" "$to/promtool"
    return
  fi
  command -v apt-get >/dev/null || {
    say "missing: promtool, of the package prometheus"
    exit 1
  }
  say "promtool"
  (cd "$to" && { retry apt-get download -qq prometheus || { apt-get update -qq && apt-get download -qq prometheus; }; } >&2)
  dpkg-deb --fsys-tarfile "$to"/prometheus_*.deb | tar -xO ./usr/bin/promtool >"$to/promtool.new"
  chmod +x "$to/promtool.new"
  mv "$to/promtool.new" "$to/promtool"
  rm -f "$to"/prometheus_*.deb
}

case $part in
all)
  install_python venv requirements.txt mcp
  install_python git-server git-server.txt mcp
  install_python object-store object-store.txt moto
  install_typescript
  install_browser
  install_prometheus
  ;;
python) install_python venv requirements.txt mcp ;;
git-server) install_python git-server git-server.txt mcp ;;
object-store) install_python object-store object-store.txt moto ;;
typescript) install_typescript ;;
browser) install_browser ;;
prometheus) install_prometheus ;;
*)
  say "unknown part: $part"
  exit 2
  ;;
esac
