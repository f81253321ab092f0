#!/usr/bin/env bash
# Runs the main job as a user would: once to the end, then as a service that answers and stops on SIGTERM.
#
#   scripts/smoke.sh [PENSTOCK]     the executable; default: the debug build's
#
# Runs the shipped plugins.yaml in a temporary folder, so var/ stays as it is. Every wait is bounded. Needs curl; checks
# /metrics with promtool where that is installed.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PENSTOCK=$(readlink -f "${1:-$(swift build --show-bin-path)/penstock}")
[ -x "$PENSTOCK" ] || die 3 "smoke: no executable at $PENSTOCK. Run make build first."
command -v curl >/dev/null || die 3 "smoke: curl is missing. Run: apt-get install curl"

FOLDER=$(mktemp -d)
SERVICE=""

clean_up() {
    [ -z "$SERVICE" ] || stop_process "$SERVICE" 10 || true
    rm -rf "$FOLDER"
}
trap clean_up EXIT

fail() {
    warn "smoke: $1"
    [ ! -s "$FOLDER/service.log" ] || { warn "The service said:"; tail -n 40 "$FOLDER/service.log" >&2; }
    exit 1
}

# get PATH FILE: the body of a 2xx answer, else the smoke run ends.
get() {
    curl --silent --show-error --fail --max-time 10 --output "$2" "$ADDRESS$1" || fail "GET $1 was not answered with 2xx."
}

make_home "$FOLDER/home"
cd "$FOLDER/home"
say "smoke: penstock run --once"
timeout 600 "$PENSTOCK" run --once --config plugins.yaml --listen 127.0.0.1:0 </dev/null \
    || fail "'penstock run --once' ended with exit code $?; expected 0."

PORT=$(free_port 18080)
ADDRESS="http://127.0.0.1:$PORT"
say "smoke: penstock run, on $ADDRESS"
"$PENSTOCK" run --config plugins.yaml --listen "127.0.0.1:$PORT" </dev/null >"$FOLDER/service.log" 2>&1 &
SERVICE=$!
wait_for_url "$ADDRESS/health/live" 120 "$SERVICE" || fail "the service ended, or did not answer GET /health/live within 120 s."
# The model answers from the first run's artifact; the replay may take a moment in a debug build.
wait_for_url "$ADDRESS/health/ready" 120 "$SERVICE" || fail "the service ended, or was not ready within 120 s."

get /metrics "$FOLDER/metrics"
[ -s "$FOLDER/metrics" ] || fail "GET /metrics is empty."
if command -v promtool >/dev/null; then
    promtool check metrics <"$FOLDER/metrics" || fail "promtool does not accept GET /metrics."
fi
QUOTES="/api/v2/stocks/quotes?symbols=AAPL"
get "$QUOTES" "$FOLDER/quotes"
grep -q '"symbol" *: *"AAPL' "$FOLDER/quotes" || fail "GET $QUOTES names no AAPL: $(head -c 200 "$FOLDER/quotes")"
say "smoke: $(head -c 300 "$FOLDER/quotes")"

code=0
stop_process "$SERVICE" 10 || code=$?
SERVICE=""
[ "$code" -eq 0 ] || fail "the service ended with exit code $code after SIGTERM; expected 0 within 10 s."
say "smoke: the service stopped on SIGTERM with exit code 0."
