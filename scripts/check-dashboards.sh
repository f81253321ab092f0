#!/usr/bin/env bash
# Holds the dashboards of deploy/grafana to Grafana's types and to a Prometheus: scripts/check-dashboards.sh [PENSTOCK]
#
# Makes .venv-check-dashboards with scripts/check-dashboards.txt (Python 3.11 or newer), starts scripts/check-dashboards.yaml in a
# temporary folder and a Prometheus (Debian: prometheus) that scrapes it each second by the rules of deploy/prometheus, and asks
# it every query of every panel. No port is taken beyond loopback, nothing is kept.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

FOLDER=.venv-check-dashboards
make_environment "$FOLDER" scripts/check-dashboards.txt
command -v prometheus >/dev/null || die 3 "check-dashboards: no prometheus. Install it: apt-get install prometheus."
PENSTOCK=$(readlink -f "${1:-$(swift build --show-bin-path)/penstock}")
[ -x "$PENSTOCK" ] || die 3 "check-dashboards: no executable at $PENSTOCK. Run make build first."

HOME_FOLDER=$(mktemp -d)
SERVICE=""
PROMETHEUS=""

clean_up() {
    local process
    for process in $SERVICE $PROMETHEUS; do stop_process "$process" 10 || true; done
    rm -rf "$HOME_FOLDER"
}
trap clean_up EXIT

mkdir "$HOME_FOLDER/damaged"
for file in data/history/*.csv; do
    awk -F , -v OFS=, 'NR > 1 && NR % 50 == 0 { high = $3; $3 = $4; $4 = high } { print }' "$file" >"$HOME_FOLDER/damaged/${file##*/}"
done
cp scripts/check-dashboards.yaml "$HOME_FOLDER/plugins.yaml"
cp deploy/prometheus/{recording,alerts}.yaml "$HOME_FOLDER/"
PORT=$(free_port 18300)
EXAMPLE=$PWD/examples/python-sink
(cd "$HOME_FOLDER" && "$PENSTOCK" plugins install "$EXAMPLE" --yes >/dev/null 2>install.log) \
    || { tail -n 20 "$HOME_FOLDER/install.log" >&2; die 1 "check-dashboards: the sink in Python was not installed."; }
"$PENSTOCK" run --config "$HOME_FOLDER/plugins.yaml" --listen "127.0.0.1:$PORT" </dev/null >"$HOME_FOLDER/service.log" 2>&1 &
SERVICE=$!
sed -e "s/15s/1s/" -e "s/127.0.0.1:8080/127.0.0.1:$PORT/" deploy/prometheus/prometheus.yaml >"$HOME_FOLDER/prometheus.yaml"
OWN=$(free_port 18400)
prometheus --config.file="$HOME_FOLDER/prometheus.yaml" --storage.tsdb.path="$HOME_FOLDER/tsdb" \
    --web.listen-address="127.0.0.1:$OWN" </dev/null >"$HOME_FOLDER/prometheus.log" 2>&1 &
PROMETHEUS=$!
wait_for_url "http://127.0.0.1:$OWN/-/ready" 60 "$PROMETHEUS" \
    || { tail -n 20 "$HOME_FOLDER/prometheus.log" >&2; die 1 "check-dashboards: Prometheus did not start; what it said is above."; }
wait_for_url "http://127.0.0.1:$PORT/health/live" 300 "$SERVICE" \
    || { tail -n 20 "$HOME_FOLDER/service.log" >&2; die 1 "check-dashboards: the host did not start; what it said is above."; }
# has METRIC...: whether the host has a series of each.
has() {
    local metric
    curl --silent --max-time 5 --output "$HOME_FOLDER/metrics" "http://127.0.0.1:$PORT/metrics" || return 1
    for metric in "$@"; do grep -q "^$metric" "$HOME_FOLDER/metrics" || return 1; done
}

# Something to show of everything, and time for a rate.
kill -HUP "$SERVICE"
after=0
for ((second = 0; second < 180 && after < 12; second++)); do
    curl --silent --output /dev/null "http://127.0.0.1:$PORT/api/v2/system/status"
    curl --silent --output /dev/null --max-time 1 --header "Connection: Upgrade" --header "Upgrade: websocket" \
        --header "Sec-WebSocket-Version: 13" --header "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==" \
        "http://127.0.0.1:$PORT/ws/enhanced" || true
    if has penstock_last_reload_success penstock_outcome_hit_ratio penstock_predictions_flagged_total; then after=$((after + 1)); fi
done
"$FOLDER/bin/python" scripts/check-dashboards.py "http://127.0.0.1:$OWN"
