#!/usr/bin/env bash
# Puts Hearken, the raw echo and a peer in Node under the same loads in turn (A B A B …), each run on a fresh copy
# of a prepared store and a freshly started server, and prints medians and ratios. One line of JSON
# per run goes to bench/results/. Names of runs as arguments choose among them; settings come from
# the environment (below). Nothing else should be busy on the machine meanwhile.
set -euo pipefail
cd "$(dirname "$0")/.."

all=(pairs pairs-200 logins-200 receipts receipts-200 group idle growth postgres nodes desk desk-500 desk-200 desk-broadcast desk-idle)
rounds=${ROUNDS:-3}             # runs of each side
seconds=${RUN_SECONDS:-10}      # that count, per run
warmup=${RUN_WARMUP:-2}         # before them
pairs=${PAIRS:-50}              # pairs of people
sockets=${IDLE_SOCKETS:-10000}  # idle sockets
listeners=${LISTENERS:-200}     # receive sockets of the group
burst=${BURST:-8}               # messages the group's sender sends at once
group=${GROUP_SIZE:-128}        # members of the group
small=${SMALL_STORE:-1000}      # conversations in the store, and in growth's first side
large=${LARGE_STORE:-1000000}   # conversations in growth's second side
waiting=${WAITING:-1000}        # messages that wait in either store
logins=${LOGINS:-200}           # sign-ins a second, in logins-200
each=${CHATS_EACH:-5}           # chats that one agent serves
supervisors=${SUPERVISORS:-0}   # supervisors who hear every chat
queued=${QUEUED:-1}             # visitors who send the bursts of desk-broadcast
spread=${SPREAD:-even}          # how a fixed rate is spread over time: even or poisson

wanted=("$@")
[ ${#wanted[@]} -gt 0 ] || wanted=("${all[@]}")
for name in "${wanted[@]}"; do
  [[ " ${all[*]} " == *" $name "* ]] || { echo "no run is called $name; there are: ${all[*]}" >&2; exit 2; }
done

cargo build --release --locked -p hearken -p hearken-bench
target=${CARGO_TARGET_DIR:-target}
hearken=$target/release/hearken
bench=$target/release/hearken-bench
ulimit -n "$(ulimit -Hn)"

# On a real disk: in memory a sync would cost nothing, and durability is half of what is measured.
work=$(mktemp -d "${BENCH_WORK:-$target}/bench-run.XXXXXX")
started=$(date -u +%Y%m%dT%H%M%SZ)
mkdir -p bench/results
results=bench/results/$started.jsonl
peer=bench/peers/node-desk
pid=
database=
bus=
failed=0

stop() {
  [ -n "$pid" ] || return 0
  kill "$pid" 2>/dev/null || true
  wait "$pid" || true
  pid=
  exec 7<&-
}
trap 'stop; services_end; rm -rf "$work"' EXIT

# Starts a server and waits for its first line, which names its address.
start() {
  local pipe=$work/first-line line
  mkfifo "$pipe"
  "$@" >"$pipe" 2>>"$work/server.log" &
  pid=$!
  exec 7<"$pipe"
  rm "$pipe"
  if ! read -r -t 60 line <&7; then
    echo "the server did not start:" >&2
    tail -n 20 "$work/server.log" >&2
    exit 1
  fi
  base=${line#listening on }
  # Whatever else it prints must not fill the pipe.
  cat <&7 >>"$work/server.log" &
}

# load MODE ARGUMENTS…: one run against the server just started.
load() {
  "$bench" load "$@" --base "$base" --pid "$pid" --seconds "$seconds" --warmup "$warmup" | tee -a "$results" ||
    failed=1
}

# A store of this many conversations, made once.
prepare() {
  [ -e "$work/$1.json" ] && return
  "$bench" prepare --data "$work/$1" --people $((2 * pairs > group ? 2 * pairs : group)) \
    --group-size "$group" --conversations "$1" --waiting "$waiting" --out "$work/$1.json"
}

# on_hearken CONVERSATIONS MODE ARGUMENTS…
on_hearken() {
  local store=$1
  shift
  prepare "$store"
  rm -rf "$work/data"
  cp -r --reflink=auto "$work/$store" "$work/data"
  sync -f "$work"
  start env HEARKEN_MESSENGER__RATE=1000000 "$hearken" serve --listen 127.0.0.1:0 --data "$work/data"
  load "$@" --people "$work/$store.json"
  stop
}

# beside_logins MODE ARGUMENTS…: the same, while people sign in by password at a fixed rate.
beside_logins() {
  local beside
  prepare "$small"
  rm -rf "$work/data"
  cp -r --reflink=auto "$work/$small" "$work/data"
  sync -f "$work"
  start env HEARKEN_MESSENGER__RATE=1000000 "$hearken" serve --listen 127.0.0.1:0 --data "$work/data"
  "$bench" logins --people "$work/$small.json" --base "$base" --rate "$logins" \
    --seconds $((warmup + seconds + 2)) >>"${results%.jsonl}.logins.jsonl" &
  beside=$!
  load "$@" --people "$work/$small.json"
  wait "$beside" || failed=1
  stop
}

# The desk's people, and a store they are in.
prepare_desk() {
  [ -e "$work/desk.json" ] && return
  local visitors=$((sockets + 20 > 500 ? sockets + 20 : 500)) agents=$((listeners > 500 ? listeners : 500))
  "$bench" prepare --data "$work/desk" --people 2 --group-size 2 --conversations "$small" --waiting 0 \
    --visitors "$visitors" --agents "$agents" --supervisors 10 --out "$work/desk.json"
}

# desk_on_hearken MODE ARGUMENTS…
desk_on_hearken() {
  prepare_desk
  rm -rf "$work/data"
  cp -r --reflink=auto "$work/desk" "$work/data"
  sync -f "$work"
  start env HEARKEN_DESK__RATE=1000000 "$hearken" serve --listen 127.0.0.1:0 --data "$work/data"
  load "$@" --people "$work/desk.json"
  stop
}

# desk_on_node MODE ARGUMENTS…: the peer written in Node on a PostgreSQL of its own, whose CPU is counted too.
desk_on_node() {
  prepare_desk
  [ -d "$peer/node_modules" ] || npm --prefix "$peer" ci --no-audit --no-fund --loglevel=error >&2
  services
  start env NODE_ENV=production node "$peer/server.mjs" --people "$work/desk.json" --database-url "$url"
  load "$@" --side node --beside "$database" --people "$work/desk.json"
  stop
  services_end
}

# A PostgreSQL of our own on the same disk, synced at every commit as an operator would have it; and a NATS.
services() {
  local bin as=() port
  bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1)
  bin=${bin:+$bin/}
  rm -rf "$work/postgres"
  mkdir "$work/postgres"
  if [ "$(id -u)" = 0 ]; then
    chmod 711 "$work"
    chown postgres "$work/postgres"
    as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
  fi
  (cd "$work/postgres" && "${as[@]}" "${bin}initdb" -D data -U bench -A trust -E UTF8 --locale=C >/dev/null)
  port=$((20000 + RANDOM % 10000))
  (cd "$work/postgres" && exec "${as[@]}" "${bin}postgres" -D data -p "$port" -k "$work/postgres" \
    -c listen_addresses=127.0.0.1 -c shared_buffers=256MB >>"$work/server.log" 2>&1) &
  database=$!
  nats-server --addr 127.0.0.1 --port $((port + 1)) >>"$work/server.log" 2>&1 &
  bus=$!
  until "${bin}psql" -q "postgres://bench@127.0.0.1:$port/postgres" -c 'create database hearken' >/dev/null 2>&1; do
    kill -0 "$database" || { tail -n 20 "$work/server.log" >&2; exit 1; }
    sleep 0.2
  done
  url=postgres://bench@127.0.0.1:$port/hearken
  bus_url=nats://127.0.0.1:$((port + 1))
}

services_end() {
  [ -n "$database" ] || return 0
  kill -INT "$database"
  kill "$bus"
  wait "$database" "$bus" || true
  database=
}

# on_postgres SIDE NODES MODE ARGUMENTS…: one node, or two of which one has the senders and the other the receivers. What
# PostgreSQL, NATS and the other node spend is counted too.
on_postgres() {
  local side=$1 nodes=$2 far=() beside far_pid=
  shift 2
  services
  "$bench" prepare --database-url "$url" --people $((2 * pairs)) --group-size 2 --conversations "$small" --waiting 0 \
    --out "$work/postgres.json"
  beside=$database,$bus
  local node=(env HEARKEN_MESSENGER__RATE=1000000 "$hearken" serve --listen 127.0.0.1:0 --database-url "$url" --bus-url "$bus_url")
  if [ "$nodes" = 2 ]; then
    start "${node[@]}" --data "$work/far"
    far=(--far "$base")
    far_pid=$pid
    beside+=,$pid
    exec 8<&7
  fi
  start "${node[@]}" --data "$work/near"
  load "$@" "${far[@]}" --side "$side" --beside "$beside" --people "$work/postgres.json"
  stop
  if [ -n "$far_pid" ]; then
    pid=$far_pid
    stop
  fi
  services_end
}

# on_echo MODE ARGUMENTS…
on_echo() {
  start "$bench" echo --listen 127.0.0.1:0
  load "echo-$1" "${@:2}"
  stop
}

both() {
  on_hearken "$small" "$@"
  on_echo "$@"
}

beside_node() {
  desk_on_hearken "$@"
  desk_on_node "$@"
}

one_round() {
  case $1 in
    pairs) both pairs --label "$1" --pairs "$pairs" ;;
    pairs-200) both pairs --label "$1" --pairs "$pairs" --rate 200 --spread "$spread" ;;
    logins-200) beside_logins pairs --label "$1" --pairs "$pairs" --rate 200 --spread "$spread" ;;
    receipts) both pairs --label "$1" --pairs "$pairs" --receipts ;;
    receipts-200) both pairs --label "$1" --pairs "$pairs" --receipts --rate 200 --spread "$spread" ;;
    group) both group --label "$1" --sockets "$listeners" --burst "$burst" ;;
    idle) both idle --label "$1" --sockets "$sockets" ;;
    postgres)
      on_postgres postgres 1 pairs --label "$1" --pairs "$pairs"
      on_hearken "$small" pairs --label "$1" --side sqlite --pairs "$pairs"
      ;;
    nodes)
      on_postgres two-nodes 2 pairs --label "$1" --pairs "$pairs" --receipts
      on_postgres one-node 1 pairs --label "$1" --pairs "$pairs" --receipts
      ;;
    desk) beside_node desk --label "$1" --chats 50 --each "$each" --supervisors "$supervisors" ;;
    desk-500) beside_node desk --label "$1" --chats 500 --each "$each" --supervisors "$supervisors" ;;
    desk-200)
      beside_node desk --label "$1" --chats 50 --each "$each" --supervisors "$supervisors" --rate 200 --spread "$spread"
      ;;
    desk-broadcast)
      beside_node desk-broadcast --label "$1" --sockets "$listeners" --burst "$burst" --visitors "$queued"
      ;;
    desk-idle) beside_node desk-idle --label "$1" --sockets "$sockets" ;;
    growth)
      on_hearken "$large" pairs --label "$1" --side "$large" --pairs "$pairs"
      on_hearken "$small" pairs --label "$1" --side "$small" --pairs "$pairs"
      ;;
  esac
}

for name in "${wanted[@]}"; do
  for ((round = 0; round < rounds; round++)); do one_round "$name"; done
done

{
  echo "$(nproc) cores, $(uname -sr), $(stat -f -c %T "$work"), $(cat /proc/sys/net/ipv4/tcp_congestion_control)," \
    "$rounds runs of $seconds s a side; medians"
  echo
  "$bench" table "$results"
} | tee "${results%.jsonl}.md"
exit "$failed"
