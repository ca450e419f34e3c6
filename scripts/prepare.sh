#!/usr/bin/env bash
# Installs what is missing to build (`prepare.sh build`) or to run every check (`prepare.sh test`), and says nothing
# when nothing is. Runs again at no cost: what it set up is marked with a digest of the list it was set up from.
set -euo pipefail
cd "$(dirname "$0")/.."

say() { printf 'prepare: %s\n' "$*" >&2; }
stop() { say "$*"; exit 1; }
has() { command -v "$1" >/dev/null 2>&1; }

# Installs Debian packages if we may, else says which.
install() {
  if [ "$(id -u)" != 0 ] || ! has apt-get; then
    stop "please install $* first (on Debian, as root: apt-get install $*)"
  fi
  say "installing $*"
  export DEBIAN_FRONTEND=noninteractive
  apt-get -qq update >&2
  apt-get -qq -o DPkg::Lock::Timeout=120 install -y --no-install-recommends "$@" >&2
}

# The bundled SQLite and the cryptography are C.
compiler() {
  has cc || install build-essential
}

rust() {
  has cargo || stop "cargo is missing: install Rust through rustup, which reads rust-toolchain.toml"
  [ "$1" = build ] && return
  if ! cargo fmt --version >/dev/null 2>&1 || ! cargo clippy --version >/dev/null 2>&1; then
    has rustup || stop "rustfmt and clippy of the toolchain in rust-toolchain.toml are missing"
    say "adding rustfmt and clippy"
    rustup component add rustfmt clippy >&2
  fi
}

# Real clients in Python, in an environment of their own below the folder that lists them.
python_clients() {
  local place="$1/.venv" list="$1/requirements.txt" wanted
  has python3 || stop "python3 is missing (3.11 or newer)"
  python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || stop "python3 is too old: 3.11 or newer is needed"
  wanted="$(python3 --version) $(sha256sum <"$list")"
  if [ "$(cat "$place/prepared" 2>/dev/null)" = "$wanted" ] && "$place/bin/python" -c '' 2>/dev/null; then
    return
  fi
  rm -rf "$place"
  local pip=(-m pip install --quiet --disable-pip-version-check --no-input --root-user-action=ignore --require-hashes -r "$list")
  if ! python3 -c 'import ensurepip' 2>/dev/null && ! python3 -m pip --version >/dev/null 2>&1; then
    install python3-venv
  fi
  say "setting up $place"
  if python3 -c 'import ensurepip' 2>/dev/null; then
    python3 -m venv "$place"
    "$place/bin/python" "${pip[@]}"
  else
    # Debian's Python without its venv package, but with pip: the same packages in a folder, behind the same path.
    python3 "${pip[@]}" --target "$place/packages"
    mkdir -p "$place/bin"
    # shellcheck disable=SC2016 # the script below expands it
    printf '#!/bin/sh\nPYTHONPATH="$(dirname "$0")/../packages" exec python3 "$@"\n' >"$place/bin/python"
    chmod +x "$place/bin/python"
  fi
  printf '%s\n' "$wanted" >"$place/prepared"
}

# Real clients in Node, in the folder that is named.
node_clients() {
  local folder="$1" place="$1/node_modules" wanted
  has node || stop "node is missing (20 or newer)"
  has npm || stop "npm is missing"
  [ "$(node -p 'Number(process.versions.node.split(".")[0]) >= 20')" = true ] || stop "node is too old: 20 is needed"
  wanted="$(node --version) $(sha256sum <"$folder/package-lock.json")"
  [ "$(cat "$place/.prepared" 2>/dev/null)" = "$wanted" ] && return
  say "setting up $place"
  npm --prefix "$folder" ci --no-audit --no-fund --loglevel=error >&2
  mkdir -p "$place"
  printf '%s\n' "$wanted" >"$place/.prepared"
}

# A real browser, which the stories of e2e/browser start as CHROMIUM_BIN or where Debian puts it.
browser() {
  [ -x "${CHROMIUM_BIN:-/usr/bin/chromium}" ] || install chromium
}

# The servers of others that the tests start for themselves and throw away (crates/testkit, throwaway). What Debian's
# packages start by themselves is not used.
servers() {
  local missing=()
  [ -n "${HEARKEN_TEST_POSTGRES:-}" ] || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || has initdb ||
    missing+=(postgresql)
  has psql || [ "${#missing[@]}" -gt 0 ] || missing+=(postgresql-client)
  # Debian keeps it where only root looks.
  has nats-server || [ -x /usr/sbin/nats-server ] || missing+=(nats-server)
  [ "${#missing[@]}" -eq 0 ] || install "${missing[@]}"
}

case "${1:-}" in
  build) compiler; rust build ;;
  test)
    compiler; has git || install git; rust test; servers
    python_clients e2e/python; python_clients e2e/api; node_clients e2e/node; node_clients e2e/browser; browser
    ;;
  *) stop "say what for: build or test" ;;
esac
