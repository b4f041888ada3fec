#!/usr/bin/env bash
# Measures the HTTP servers in one run, in turn, and prints Markdown tables:
#   run.sh [--leadscore PATH] [--rounds N] [--seconds N] [--connections "1 16"] [--soak MINUTES] [-- SERVER_COMMAND…]
# SERVER_COMMAND is another way to start the server that is measured: {port}, {data} and {model} are filled in.
# See README.md beside this file. From the environment: PYTHON, WORK (where everything made goes), CARGO_TARGET_DIR.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
PYTHON=${PYTHON:-python3}
work=${WORK:-$root/target/bench-http}
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$root/target}

leadscore="" rounds=3 seconds=5 connections="1 16" soak="" server=()
while [ $# -gt 0 ]; do
  case $1 in
    --leadscore | --rounds | --seconds | --connections | --soak)
      [ $# -ge 2 ] || { echo "$1 needs a value" >&2; exit 2; }
      declare "${1#--}=$2"
      shift 2 ;;
    --) shift; server=("$@"); break ;;
    -h | --help) sed -n '2,5s/^# *//p' "$0"; exit ;;
    -*) echo "$1 is no option; --help tells them" >&2; exit 2 ;;
    *) server=("$@"); break ;;
  esac
done
if [ ${#server[@]} -eq 0 ] && [ -n "$leadscore" ]; then
  [ -x "$leadscore" ] || { echo "$leadscore is no program" >&2; exit 1; }
  server=("$(realpath "$leadscore")" serve --listen "127.0.0.1:{port}" --data "{data}" --b2b-model "{model}")
fi

for tool in wrk taskset cargo "$PYTHON"; do
  command -v "$tool" >/dev/null || { echo "$tool is not installed (Debian has wrk, and taskset in util-linux)" >&2; exit 1; }
done
[ "$(nproc)" -ge 2 ] || { echo "two cores are needed, one for the server and one for the load" >&2; exit 1; }

mkdir -p "$work"
python=$work/venv/bin/python
if ! cmp -s "$here/reference/requirements.txt" "$work/venv/requirements.txt"; then
  rm -rf "$work/venv"
  "$PYTHON" -m venv "$work/venv"
  "$python" -m pip install --quiet --requirement "$here/reference/requirements.txt"
  cp "$here/reference/requirements.txt" "$work/venv/"
fi
[ -n "$soak" ] || cargo build --quiet --locked --release --manifest-path "$here/ceiling/Cargo.toml"
"$python" "$here/model.py" "$work/model.ubj" >&2
"$python" "$here/bodies.py" "$work/model.ubj" "$work" >&2

if [ -n "$soak" ]; then
  [ ${#server[@]} -gt 0 ] || { echo "--soak wants --leadscore PATH, or a command" >&2; exit 2; }
  exec "$python" "$here/soak.py" --work "$work" --minutes "$soak" -- "${server[@]}"
fi

results=$work/results.jsonl
rm -f "$results"
# $1 the name, then what load.py takes besides.
measure() {
  local name=$1
  shift
  echo "round $round of $rounds: $name" >&2
  # The list of connections is meant to be split.
  # shellcheck disable=SC2086
  "$python" "$here/load.py" "$name" --work "$work" --out "$results" --seconds "$seconds" \
    --connections $connections "$@"
}
for round in $(seq "$rounds"); do
  measure "FastAPI + XGBoost" -- "$python" -m uvicorn app:app --app-dir "$here/reference" --host 127.0.0.1 \
    --port "{port}" --loop uvloop --http httptools --no-access-log --log-level warning
  if [ ${#server[@]} -gt 0 ]; then
    measure leadscore -- "${server[@]}"
  fi
  measure "axum, constant answer" --constant -- "$CARGO_TARGET_DIR/release/http-ceiling" "127.0.0.1:{port}"
done
"$python" "$here/report.py" "$results"
