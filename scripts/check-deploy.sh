#!/usr/bin/env bash
# Has others read what is in deploy/, where they are installed: systemd the unit, Caddy the proxy's settings, Docker the
# services. Says what nobody could read. What our own tests can compare is in crates/hearken/tests/deploy.
set -euo pipefail
cd "$(dirname "$0")/.."

# Of 10, where 0 is shut off from everything. systemd calls what is under 2 "OK".
exposure=15
scratch="$(mktemp -d)"
trap 'rm -rf "$scratch"' EXIT
has() { command -v "$1" >/dev/null 2>&1; }

if has systemd-analyze; then
  # A unit is refused whose program is not there, and it is not installed here.
  sed 's#^ExecStart=[^ ]*#ExecStart=/bin/true#' deploy/hearken.service >"$scratch/hearken.service"
  said="$(systemd-analyze verify "$scratch/hearken.service" 2>&1)" || { printf '%s\n' "$said"; exit 1; }
  [ -z "$said" ] || { printf '%s\n' "$said"; exit 1; }
  systemd-analyze security --offline=true --threshold="$exposure" "$scratch/hearken.service" | tail -n 1
else
  echo "the unit is read by nobody: systemd-analyze is not installed"
fi

if has caddy; then
  caddy validate --adapter caddyfile --config deploy/Caddyfile 2>&1 | tail -n 1
else
  echo "the Caddyfile is read by nobody: caddy is not installed"
fi

if has docker && docker compose version >/dev/null 2>&1; then
  POSTGRES_PASSWORD=letters docker compose -f deploy/compose.yaml config --quiet
  echo "compose.yaml is understood"
else
  echo "compose.yaml is read by our own tests alone: docker compose is not installed"
fi
