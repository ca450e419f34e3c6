#!/usr/bin/env bash
# Runs every check of the repository, one after the other, and ends with what each of them said and one line of sums.
# A failure does not stop the others, so that one run tells everything; the exit status is 0 only when all went well.
# With HEARKEN_SOAK=1 the same checks run long.
set -uo pipefail
cd "$(dirname "$0")/.."

# Reports are read by machines further down.
export CARGO_TERM_COLOR=never NO_COLOR=1 PY_COLORS=0
unset FORCE_COLOR
built="${CARGO_TARGET_DIR:-target}"
mkdir -p "$built"
built="$(cd "$built" && pwd)"
reports="$built/checks"
rm -rf "$reports" && mkdir -p "$reports"

passed=0 failed=0
summary=()

# Runs `check NAME COMMAND…`, keeping what it prints; the status is the command's.
check() {
  local name="$1" started="$SECONDS" status
  shift
  printf '\n== %s\n' "$name"
  "$@" 2>&1 | tee "$reports/$name.log"
  status="${PIPESTATUS[0]}"
  took=$((SECONDS - started))
  return "$status"
}

# A check that passes or does not. Passed, it adds nothing to the sums, which count tests; failed, it counts as one.
plain() {
  if check "$@"; then
    summary+=("$1: ok (${took} s)")
    return 0
  fi
  failed=$((failed + 1))
  summary+=("$1: FAILED (${took} s)")
  return 1
}

# A test runner: `tests NAME LEAST COMMAND…`. Its own summary decides the counts; a runner that fails without naming
# a failed test, or that ran fewer tests than LEAST, is a failure too.
tests() {
  local name="$1" least="$2" status=0 good=0 bad=0 lines
  shift 2
  check "$name" "$@" || status=$?
  mapfile -t lines < <("$built/debug/xtask" tally <"$reports/$name.log")
  read -r good bad <<<"${lines[0]}"
  if [ "$bad" = 0 ] && { [ "$status" != 0 ] || [ "$good" -lt "$least" ]; }; then
    bad=1
  fi
  passed=$((passed + good)) failed=$((failed + bad))
  summary+=("$name: $good passed, $bad failed (${took} s)")
  summary+=("${lines[@]:1}")
}

report() {
  printf '\n== summary\n'
  printf '%s\n' "${summary[@]}"
  printf '%d passed, %d failed\n' "$passed" "$failed"
  [ "$failed" = 0 ]
}

plain format cargo fmt --all --check
plain lints cargo clippy --workspace --all-targets --locked -- -D warnings
plain docs env RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
plain tidy cargo run --quiet --locked -p xtask -- tidy
if cargo deny --version >/dev/null 2>&1; then
  # Without the advisories: they change from day to day, and the same commit must give the same answer.
  plain licences cargo deny check licenses bans sources
fi

plain deploy scripts/check-deploy.sh

if ! plain build cargo build --workspace --bins --locked; then
  summary+=("nothing was tested: it does not build")
  report
  exit 1
fi

# One PostgreSQL for the whole run, unless the caller has named one. It goes when its standard input ends, which is with
# this script, however that ends.
if [ -z "${HEARKEN_TEST_POSTGRES:-}" ]; then
  coproc POSTGRES { exec "$built/debug/throwaway-postgres"; }
  if ! read -r HEARKEN_TEST_POSTGRES <&"${POSTGRES[0]}"; then
    failed=$((failed + 1))
    summary+=("nothing was tested: there is no PostgreSQL")
    report
    exit 1
  fi
  export HEARKEN_TEST_POSTGRES
fi

# What runs again on PostgreSQL: every test that opens a store or starts a server by way of HEARKEN_TEST_STORE. The rest
# has no such store. Of the tests of the process, those are left out that are about SQLite's own files: the data
# folder, its backup, its migrations, its pages after an erasure, and its disk, which loses power or is full; and those of
# several nodes, which have run on a PostgreSQL already.
on_postgres=(messenger people messenger_groups desk process)
left_out=(backup bad_disk cluster disk erase folder migrate power)

if cargo nextest --version >/dev/null 2>&1; then
  profile=default
  these=(-E 'all()')
  if [ "${HEARKEN_SOAK:-}" = 1 ]; then
    profile=soak
    # A hundred thousand seeds want every optimisation.
    these=(-E 'not (binary(=core) & test(/^simulation::/))')
    tests simulation 1 cargo test --release --locked --quiet -p hearken-testkit --test core simulation::
  fi
  tests rust 1 cargo nextest run --workspace --locked --profile "$profile" --no-fail-fast "${these[@]}"
  tests rust-docs 0 cargo test --workspace --doc --locked --quiet --no-fail-fast
  but_for="$(IFS='|'; printf '%s' "${left_out[*]}")"
  tests rust-on-postgres 100 env HEARKEN_TEST_STORE=postgres cargo nextest run -p hearken --locked --profile "$profile" \
    --no-fail-fast "${on_postgres[@]/#/--test=}" -E "not (binary(=process) & test(/^($but_for)::/))"
else
  tests rust 1 cargo test --workspace --locked --quiet --no-fail-fast
  tests rust-on-postgres 100 env HEARKEN_TEST_STORE=postgres cargo test -p hearken --locked --quiet --no-fail-fast \
    "${on_postgres[@]/#/--test=}" -- "${left_out[@]/#/--skip=}"
fi

# The stories start the binary that was built above, once on each store.
export HEARKEN_BIN="$built/debug/hearken"
for store in sqlite postgres; do
  export HEARKEN_TEST_STORE="$store"
  suffix="-on-$store"
  [ "$store" = sqlite ] && suffix=""
  tests "python-clients$suffix" 1 \
    e2e/python/.venv/bin/python -m pytest --rootdir e2e/python -c e2e/python/pytest.ini e2e/python
  tests "api-reference$suffix" 1 e2e/api/.venv/bin/python -m pytest --rootdir e2e/api -c e2e/api/pytest.ini e2e/api
  tests "node-clients$suffix" 1 npm --prefix e2e/node --silent test
  tests "browser$suffix" 10 timeout 300 npm --prefix e2e/browser --silent test
done

# The messenger's stories once more on two nodes, each connection at the other one than the last.
stories=(personal receipts deletes fetch chats rooms asyncio restart doors errors)
tests two-nodes 1 env HEARKEN_TEST_NODES=2 HEARKEN_TEST_STORE=postgres e2e/python/.venv/bin/python -m pytest \
  --rootdir e2e/python -c e2e/python/pytest.ini $(printf 'e2e/python/stories/test_%s.py ' "${stories[@]}")
tests node-clients-on-two-nodes 1 env HEARKEN_TEST_NODES=2 HEARKEN_TEST_STORE=postgres \
  timeout 300 node --experimental-websocket --test --test-reporter=spec e2e/node/stories/group_*.test.mjs
report
