#!/usr/bin/env bash
# Builds in release, measures Penstock beside its peers and prints one table.
#
#   scripts/bench.sh [BENCHMARK ...]     pipeline paths indicators models nets xgboost search versions retrain startup restart rest ws storage import import1gb sinks router risk binance drift backtest process containment reload build; default: all, in this order
#
# Penstock's side is the executable penstock-bench; it prints lines `RESULT name=N value=V unit=U [peer=P]`; a name with
# `_library_` is the peer of the same name with `_own_`. The other peers are the scripts in ../shared/peers, run from
# .venv-bench (make bench-peers); where either is absent the column says so.
# Product and peer alternate; the table has the median of ROUNDS (default 3). Every run is bounded in time.
# "Ratio" is how many times better Penstock is. Compare only numbers of one run: machines differ, and are noisy.

# shellcheck source=scripts/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

ROUNDS=${ROUNDS:-3}
PEERS=${PENSTOCK_PEERS:-../shared/peers}
PYTHON=.venv-bench/bin/python
PYTHON_NAUTILUS2=.venv-bench-nautilus2/bin/python
BENCH=$PWD/.build/release/penstock-bench
PENSTOCK=$PWD/.build/release/penstock
PROCESS_BENCH=$PWD/.build/release/penstock-process-bench
LOAD=$PWD/.build/release/penstock-load
CLIENTS=1000 MESSAGES=250 RATE=50
SYMBOLS=$(seq -s , 600000 600025)

# name|title|unit|peer|rule|bound; rules: ge, le, lt (a bound), times (at least bound times better than the peer), better.
# One table for all rows; other RESULT names are added without a target.
ROWS='pipeline_bars_per_second|Pipeline: 50 instruments, quality, 20 indicators, sink|bars/s|Nautilus 1.221 back-test, one EMA|ge|2000000
pipeline_beside_nautilus2|The same, beside Nautilus 2|bars/s|Nautilus 2.0.0rc7 back-test, one EMA|times|10
pipeline_allocations_per_bar|Pipeline: allocations per bar once warm (batches of 1,024)|||lt|0.05
pipeline_memory_growth|Pipeline: memory growth over 50 M bars|MiB||le|4
pipeline_quotes_per_second|Pipeline of quotes: quality, 4 indicators, sink|quotes/s|Nautilus 2.0.0rc7 back-test of quotes, one EMA|times|10
pipeline_trades_per_second|Pipeline of trades: quality, 4 indicators, sink|trades/s|Nautilus 2.0.0rc7 back-test of quotes, one EMA|times|10
pipeline_allocations_per_quote|Pipeline of quotes: allocations per quote once warm|||lt|0.05
pipeline_allocations_per_trade|Pipeline of trades: allocations per trade once warm|||lt|0.05
pipeline_output_of_400|Pipeline of 400 columns: one number|ns|||
pipeline_bare_bar|Pipeline without indicators: one bar|ns|||
pipeline_single_bar_of_10|Pipeline: a delivery of one bar, 10 instruments|us|||
pipeline_single_bar_of_3000|The same, 3,000 instruments|us|||
indicators_mean|Indicators over 1 M bars beside TA-Lib in C, geometric mean|ns|TA-Lib|better|
indicators_of_bars_mean|The same as a run of bars, geometric mean|ns|TA-Lib|better|
indicators_slower|Indicators slower than TA-Lib, of those beside it|of them|||
indicator_update_sma|One update of a moving average|ns||le|10
indicator_update_ema|One update of an exponential average|ns||le|10
indicator_update_rsi|One update of the relative strength index|ns||le|10
indicator_update_atr|One update of the average true range|ns||le|10
indicator_update_macd|One update of MACD|ns||le|10
model_linear_row_p50|One prediction, linear of 20 features, p50|us||le|0.1
model_forest_row_p50|One prediction, forest of 100 trees of depth 8, p50|us||le|3
model_boosting_row_p50|One prediction, LightGBM of 100 trees of 31 leaves, p50|us||le|1.5
model_svm_row_p50|One prediction, RBF over 2,000 rows, p50|us|||
model_ensemble_row_p50|One prediction, a vote of five with its members, without the svm, p50|us||le|10
model_ensemble_row_p99|The same, p99|us|||
model_forest_own_block|The forest, a row of 500 instruments together|us|the library|better|
model_boosting_own_block|LightGBM, a row of 500 instruments together|us|the library|better|
model_xgboost_own_block|xgboost of 100 trees of depth 6, a row of 500 instruments together|us|the library|better|
model_online_label|One label learned by recursive least squares of 20 features|us||le|1
net_lstm_row_p50|One prediction, LSTM of 32 cells over 32 bars of 8 features, p50|us|PyTorch|le|13
net_cnn_lstm_row_p50|One prediction, CNN-LSTM over 30 bars of 20 features, 47 k weights, p50|us|PyTorch|le|150
net_transformer_row_p50|One prediction, Transformer over the same, 46 k weights, p50|us|PyTorch|le|150
net_lstm_row_in_block|The LSTM, a row of 500 instruments together|us|||
net_cnn_lstm_row_in_block|The CNN-LSTM, a row of 500 instruments together|us|||
net_transformer_row_in_block|The Transformer, a row of 500 instruments together|us|||
xgboost_own_p50|One xgboost prediction, p50|us|the library|le|3
xgboost_own_p99|One xgboost prediction, p99|us|the library|le|10
xgboost_python_p50|One xgboost prediction, p50, beside Python|us|Python xgboost|better|
xgboost_rows_that_differ|xgboost rows that differ from the library|rows||le|0
versions_list|10,000 versions of a model listed|ms||lt|50
versions_promote|One of them promoted, durable|ms||lt|50
retrain_p50_without|Predictions of 10,000 bars/s at the sink, from when a bar was due, p50|ms|||
retrain_p99_without|The same, p99|ms|||
retrain_fits|Fits of the model beside it|fits|||
retrain_p50_with|The same predictions beside the fits, p50|ms|||
retrain_p99_with|The same, p99|ms|||
retrain_memory_growth|Memory that fits add|MiB|||
swap_p99|The same predictions over 1,000 exchanges of the version, p99|ms|||
swap_predictions|Predictions meanwhile|predictions|||
swap_predictions_lost|Predictions lost over fits and exchanges|predictions||le|0
swap_predictions_doubled|Predictions doubled|predictions||le|0
swap_versions_that_served|Versions that served|versions||ge|2
search_overhead|A trial of a search beside the fit, stored, three folds|ms|Optuna on SQLite|le|1
startup_to_first_prediction|Start to first served prediction|ms||lt|300
startup_to_first_prediction_max|Start to first served prediction, slowest|ms|||
restart_to_first_prediction|Restart with 3,000 instruments of 2,500 days in the store, to the first served prediction|ms||lt|2000
restart_to_first_prediction_max|The same, slowest|ms|||
rest_requests|REST quotes, 26 symbols, 64 connections|req/s|FastAPI|times|5
rest_p99|REST quotes, p99|ms|FastAPI|better|
rest_auth_requests|The same with a key that is checked; FastAPI checks none|req/s|FastAPI|times|5
rest_auth_p99|The same, p99|ms|FastAPI|better|
ws_fanout_p99|WebSocket fan-out, 1,000 clients x 50/s, p99|ms|FastAPI|times|2
ws_fanout_rate|The same, as delivered|messages/s|FastAPI||
ws_events_p99|WebSocket, 10,000 events/s to a client, p99|ms|FastAPI|lt|5
ws_idle_memory|WebSocket, memory of each of 5,000 connections that wait|bytes|FastAPI|better|
ws_resume|WebSocket, what a client gets that missed 65,000 messages|messages/s||ge|100000
process_python_bars_per_second|Process tier: one Python indicator, batches of 256|bars/s||ge|200000
process_swift_bars_per_second|Process tier: one Swift indicator, batches of 256|bars/s||ge|2000000
process_c_bars_per_second|Process tier: one C provider, batches of 256|bars/s||ge|2000000
process_python_round_trip_p50|Process tier: round trip of a bar, Python, p50|us||lt|100
process_swift_round_trip_p50|Process tier: round trip of a bar, Swift, p50|us||lt|100
indicator_static_row|Indicator compiled in, a row (mean of sma, ema, rsi)|ns|||
indicator_dynamic_row|The same from a library, a row|ns|||
indicator_dynamic_by_static|Library by compiled in|x|||
storage_new_rows_per_second|Bars into the database of the host, batches of 1,024|rows/s|||
storage_grouped_rows_per_second|Bars as a pipeline stores them: all that waits in one transaction|rows/s||ge|400000
storage_single_deliveries_per_second|Deliveries of one bar, stored as a pipeline does|deliveries/s|||
storage_unchanged_rows_per_second|The same bars again|rows/s|||
storage_read_rows_per_second|Reading them|rows/s|||
storage_open|Opening the file and closing it|ms|||
import_rows_per_second|1 M daily bars of 50 instruments from one CSV file into the store, checked|rows/s|sqlite3 .import, a table with a key|ge|400000
import_memory|Most memory meanwhile|MiB|||
import_of_1gb_rows_per_second|The same of one file of 1 GB|rows/s|||
import_of_1gb_memory|Most memory meanwhile|MiB||le|256
route_failover_overhead_p50|Going over to the next provider, beyond the deadline of the one that is silent, p50|ms|||
route_failover_overhead_p99|The same, p99|ms||lt|5
route_quotes_per_second|Quotes at 10,000/s, a delivery each, route to sink, one core|quotes/s||ge|9900
route_quotes_p50|The same, from when a quote was due, p50|ms|||
route_quotes_p99|The same, p99|ms||lt|5
risk_event_p50|One price among 500 positions under 15 rules, p50|us|||
risk_event_p99|The same, p99|us||lt|50
risk_quotes_p99_without|Quotes at 10,000/s without anybody who watches risk, p99|ms|||
risk_quotes_p99_with|The same with 500 positions that are watched, p99|ms||lt|5
risk_prices_replaced|Prices that a newer one replaced before they were looked at|prices|||
binance_trades_per_second|Messages of trades as Binance sends them, read|trades/s||ge|1500000
binance_levels_per_second|Changes of its order book, read and applied, levels|levels/s||ge|400000
binance_depth_messages_per_second|The same, messages of 36 levels|messages/s|||
binance_book_allocations|Allocations while the book is kept, once warm|||le|0
binance_books_compared|Books after each change, beside the quote that Binance sent of that update|books|||
binance_books_that_differ|Of these, books whose best bid or ask is another one, sizes included|books||le|0
drift_worst_error|Running sums of 10 indicators after 10 M updates, error against two passes|relative||le|1e-9
backtest_beside_akquant|Back-test of an SMA cross, orders and fees, real A-share bars, one core|bars/s|AKQuant 0.3.71|times|60
backtest_beside_nautilus2|The same, beside Nautilus 2|bars/s|Nautilus 2.0.0rc7, the same cross|times|10
backtest_closed_trades|Positions that it closed, of 300,000 bars|trades||ge|5104
containment_p99_alone|Healthy pipeline, p99 of a batch, alone|us|||
containment_p99_beside|The same beside a broken plugin, median of 12|us|||
containment_p99_worst|The same beside the worst of 12 broken plugins|us|||
reload_lost|Rows lost over 1,000 reloads at 10,000 events/s: bars, trades, quotes|rows||le|0
reload_doubled|Rows doubled|rows||le|0
reload_out_of_order|Rows out of order for their instrument|rows||le|0
reload_pause_p99|Pause of the pipeline at a reload, p99|ms||lt|10
reload_pause_max|The longest pause|ms|||
reload_span_p50|A reload from call to end, p50|ms|||
reload_memory_growth|Memory growth over the last 900 reloads|MiB|||
build_debug|Clean debug build of everything|s||lt|360'

WORK=$(mktemp -d)
SERVERS=()
touch "$WORK/values" "$WORK/reasons"

clean_up() {
    local pid
    for pid in "${SERVERS[@]}"; do stop_process "$pid" 10 || true; done
    rm -rf "$WORK" .build-bench
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

progress() { warn "bench [$SECONDS s]: $*"; }

# bounded SECONDS COMMAND...: ended after the time; Ctrl-C reaches it.
bounded() { timeout --foreground --kill-after=5 "$@"; }

# Pins a measurement of one core to the last one.
one_core() {
    if command -v taskset >/dev/null; then
        bounded "$1" taskset --cpu-list "$(($(nproc) - 1))" "${@:2}"
    else
        bounded "$@"
    fi
}

record() { printf '%s|%s|%s\n' "$1" "$2" "$3" >>"$WORK/values"; }  # product|peer, name, value
reason() { printf '%s|%s|%s\n' "$1" "$2" "$3" >>"$WORK/reasons"; } # product|peer, name, why there is no value

# Keeps the RESULT lines of a file; false when there is none.
record_results() {
    local line name value unit peer count=0
    while IFS= read -r line; do
        name=$(sed -n 's/.* name=\([^ ]*\).*/\1/p' <<<" $line")
        value=$(sed -n 's/.* value=\([^ ]*\).*/\1/p' <<<" $line")
        unit=$(sed -n 's/.* unit=\([^ ]*\).*/\1/p' <<<" $line")
        peer=$(sed -n 's/.* peer=\([^ ]*\).*/\1/p' <<<" $line")
        if [ -z "$name" ] || [ -z "$value" ]; then continue; fi
        count=$((count + 1))
        if [[ $name == *_library_* ]]; then
            record peer "${name/_library_/_own_}" "$value"
            continue
        fi
        record product "$name" "$value"
        record unit "$name" "$unit"
        [ -z "$peer" ] || record peer "$name" "$peer"
    done < <(grep '^RESULT ' "$1" || true)
    [ "$count" -gt 0 ]
}

# product_results NAME SECONDS one|any ARGUMENTS...: runs penstock-bench and keeps its RESULT lines.
product_results() {
    local name=$1 limit=$2 run=bounded code=0
    [ "$3" = any ] || run=one_core
    "$run" "$limit" "$BENCH" "${@:4}" >"$WORK/out" 2>"$WORK/err" </dev/null || code=$?
    if [ "$code" -ne 0 ] || ! record_results "$WORK/out"; then
        reason product "$name" "penstock-bench $4 ended with exit code $code: $(tail -n 1 "$WORK/err")"
    fi
}

# peer_obstacle SCRIPT [PYTHON]: says why a peer cannot run, or nothing.
peer_obstacle() {
    if [ ! -r "$PEERS/$1" ]; then
        echo "$PEERS/$1 is absent"
    elif [ ! -x "${2:-$PYTHON}" ]; then
        echo "run make bench-peers"
    fi
}

# Prints the number in the last line of the output that a pattern matches, without thousands separators.
number() { sed -nE "s/$1/\\1/p" "$WORK/out" | tail -n 1 | tr -d ,; }

# peer_value NAME PATTERN: keeps the number that the pattern finds in the peer's output.
peer_value() {
    local value
    value=$(number "$2")
    if [ -n "$value" ]; then record peer "$1" "$value"; else reason peer "$1" "no number in its output"; fi
}

run_peer() {
    local limit=$1 run=$2
    "$run" "$limit" "$PYTHON" -B "$PEERS/$3" "${@:4}" >"$WORK/out" 2>"$WORK/err" </dev/null || true
}

bench_pipeline() {
    local round obstacle obstacle2 rate
    obstacle=$(peer_obstacle nautilus_backtest.py)
    [ -z "$obstacle" ] || reason peer pipeline_bars_per_second "$obstacle"
    obstacle2=$(peer_obstacle nautilus2_backtest.py "$PYTHON_NAUTILUS2")
    [ -z "$obstacle2" ] || reason peer pipeline_beside_nautilus2 "$obstacle2 (with Python 3.13)"
    for ((round = 1; round <= ROUNDS; round++)); do
        progress "pipeline, round $round of $ROUNDS"
        product_results pipeline_bars_per_second 300 one pipeline --rounds 1 --bars 50000000
        rate=$(sed -n 's/^product|pipeline_bars_per_second|//p' "$WORK/values" | tail -n 1)
        [ -z "$rate" ] || record product pipeline_beside_nautilus2 "$rate"
        if [ -z "$obstacle" ]; then
            run_peer 120 one_core nautilus_backtest.py bars 300000
            peer_value pipeline_bars_per_second '.* ([0-9,]+) events\/s engine.*'
        fi
        if [ -z "$obstacle2" ]; then
            PYTHON=$PYTHON_NAUTILUS2 run_peer 120 one_core nautilus2_backtest.py bars 300000
            peer_value pipeline_beside_nautilus2 '.* ([0-9,]+) events\/s engine.*'
        fi
    done
}

# Quotes and trades beside the quotes of the peer, which has no back-test of trades with less work.
bench_paths() {
    local round obstacle name
    obstacle=$(peer_obstacle nautilus2_backtest.py "$PYTHON_NAUTILUS2")
    for name in pipeline_quotes_per_second pipeline_trades_per_second; do
        [ -z "$obstacle" ] || reason peer "$name" "$obstacle (with Python 3.13)"
    done
    for ((round = 1; round <= ROUNDS; round++)); do
        progress "paths, round $round of $ROUNDS"
        product_results pipeline_quotes_per_second 300 one paths
        [ -z "$obstacle" ] || continue
        PYTHON=$PYTHON_NAUTILUS2 run_peer 120 one_core nautilus2_backtest.py quotes 300000
        peer_value pipeline_quotes_per_second '.* ([0-9,]+) events\/s engine.*'
        peer_value pipeline_trades_per_second '.* ([0-9,]+) events\/s engine.*'
    done
}

# Both sides over the same numbers; the table of all stands before the one of the benchmarks, the worst first.
bench_indicators() {
    local round names=Tests/Benchmarks/Peers
    progress "indicators: writing the bars"
    "$BENCH" indicators --table "$names/indicators.txt" --write "$WORK/bars"
    if ! "$PYTHON" -c 'import talib' 2>/dev/null; then reason peer indicators_mean "run make bench-peers"; fi
    for ((round = 1; round <= ROUNDS; round++)); do
        progress "indicators, round $round of $ROUNDS"
        one_core 300 "$BENCH" indicators --table "$names/indicators.txt" >>"$WORK/indicators" </dev/null \
            || reason product indicators_mean "penstock-bench indicators failed"
        one_core 300 "$PYTHON" -B "$names/talib_columns.py" "$names/indicators.txt" "$WORK/bars" 3 \
            >>"$WORK/indicators" 2>"$WORK/err" </dev/null || true
    done
    awk -f scripts/bench-indicators.awk "$WORK/indicators" >"$WORK/out"
    sed '/^RESULT /d' "$WORK/out"
    record_results "$WORK/out" || true
}

bench_models() {
    progress "models"
    product_results model_linear_row_p50 300 one models
}

bench_nets() {
    local python=.venv-torch/bin/python name
    progress "nets"
    if [ ! -x "$python" ]; then
        reason product net_lstm_row_p50 "run make bench-peers"
        return
    fi
    mkdir -p "$WORK/nets"
    one_core 300 "$python" -B Tests/Benchmarks/Peers/torch_nets.py "$WORK/nets" >"$WORK/out" 2>"$WORK/err" </dev/null || true
    for name in lstm cnn_lstm transformer; do
        peer_value "net_${name}_row_p50" "^RESULT name=peer_torch_${name}_row_p50 value=([0-9.]+) .*"
    done
    product_results net_lstm_row_p50 300 one nets "$WORK/nets"
}

bench_xgboost() {
    local obstacle p50
    progress "xgboost"
    product_results xgboost_own_p50 300 one xgboost
    p50=$(sed -n 's/^product|xgboost_own_p50|//p' "$WORK/values" | tail -n 1)
    [ -n "$p50" ] || return 0
    record product xgboost_python_p50 "$p50"
    obstacle=$(peer_obstacle ml_python.py)
    if [ -n "$obstacle" ]; then
        reason peer xgboost_python_p50 "$obstacle"
    else
        run_peer 120 one_core ml_python.py
        peer_value xgboost_python_p50 '^xgboost inplace_predict 1 row p50 ([0-9.]+) us.*'
    fi
}

bench_versions() {
    progress "versions"
    product_results versions_list 300 one versions
}

bench_retrain() {
    progress "retrain"
    product_results retrain_p99_with 300 any retrain
}

bench_search() {
    progress "search"
    product_results search_overhead 300 one search
    if [ ! -x "$PYTHON" ]; then
        reason peer search_overhead "run make bench-peers"
    else
        bounded 300 "$PYTHON" -B Tests/Benchmarks/Peers/optuna_trials.py >"$WORK/out" 2>"$WORK/err" </dev/null || true
        peer_value search_overhead '^optuna .*: ([0-9.]+) ms a trial.*'
    fi
}

# The first run fits and stores the models; the measured starts load them.
bench_startup() {
    local code=0
    progress "startup: fitting and storing the models"
    make_home "$WORK/home"
    bounded 600 "$PENSTOCK" run --once --config "$WORK/home/plugins.yaml" --listen 127.0.0.1:0 >"$WORK/out" 2>&1 </dev/null || code=$?
    if [ "$code" -ne 0 ]; then
        reason product startup_to_first_prediction "penstock run --once ended with exit code $code: $(tail -n 1 "$WORK/out")"
        return 0
    fi
    progress "startup"
    product_results startup_to_first_prediction 300 any startup --penstock "$PENSTOCK" \
        --config "$WORK/home/plugins.yaml" --port "$(free_port 18900)"
}

# The database is made once: 7.5 M bars, a model on four indicators. The run that makes it leaves the states of indicators at its
# end, and every round goes on from them.
bench_restart() {
    local home="$WORK/restart" code=0
    mkdir -p "$home/data"
    progress "restart: 7.5 M bars into the store (minutes)"
    make_csv "$home/data/bars.csv" 3000 2500
    cat >"$home/plugins.yaml" <<'YAML'
version: 1
host: { state: var }
providers: { history: { plugin: local_history, path: data/bars.csv } }
routes: { daily: { from: [history] } }
indicators:
  ema20: { plugin: ema, period: 20 }
  rsi14: { plugin: rsi, period: 14 }
  atr14: { plugin: atr, period: 14 }
  macd: { plugin: macd }
models:
  next: { plugin: ridge, target: { return: 1 bar }, features: [rsi14, atr14] }
pipelines:
  main: { instruments: all, route: daily, indicators: [ema20, rsi14, atr14, macd], models: [next], sinks: [] }
YAML
    bounded 1200 "$PENSTOCK" run --once --config "$home/plugins.yaml" --listen 127.0.0.1:0 >"$WORK/out" 2>&1 </dev/null || code=$?
    if [ "$code" -ne 0 ]; then
        reason product restart_to_first_prediction "penstock run --once ended with exit code $code: $(tail -n 1 "$WORK/out")"
        return 0
    fi
    progress "restart"
    product_results restart_to_first_prediction 600 any startup --penstock "$PENSTOCK" --config "$home/plugins.yaml" \
        --port "$(free_port 18900)" --symbol S2999 --last 1976-11 --rounds 5 --name restart_to_first_prediction
    rm -rf "$home"
}

# Starts the servers, once for REST and WebSocket; sets their ports, empty where one is not there.
PRODUCT_PORT="" PRODUCT_ID="" PEER_PORT="" PEER_ID="" PEER_OBSTACLE="" KEY_PORT=""
start_servers() {
    [ ${#SERVERS[@]} -eq 0 ] || return 0
    PRODUCT_PORT=$(free_port 18100)
    "$BENCH" serve --port "$PRODUCT_PORT" --connections 8000 >"$WORK/serve.log" 2>&1 </dev/null &
    PRODUCT_ID=$!
    SERVERS+=("$PRODUCT_ID")
    wait_for_url "http://127.0.0.1:$PRODUCT_PORT/health/ready" 30 "$PRODUCT_ID" || PRODUCT_PORT=""
    KEY_PORT=$(free_port 18300)
    "$BENCH" serve --port "$KEY_PORT" --keys "$WORK/keys" >"$WORK/keys.log" 2>&1 </dev/null &
    SERVERS+=($!)
    wait_for_url "http://127.0.0.1:$KEY_PORT/health" 30 $! || KEY_PORT=""
    PEER_OBSTACLE=$(peer_obstacle fastapi_app.py)
    [ -z "$PEER_OBSTACLE" ] || return 0
    PEER_PORT=$(free_port 18600)
    "$PYTHON" -B -m uvicorn --app-dir "$PEERS" fastapi_app:app --port "$PEER_PORT" --no-access-log --loop uvloop \
        >"$WORK/uvicorn.log" 2>&1 </dev/null &
    PEER_ID=$!
    SERVERS+=("$PEER_ID")
    wait_for_url "http://127.0.0.1:$PEER_PORT/health" 30 "$PEER_ID" && return 0
    PEER_PORT="" PEER_OBSTACLE="uvicorn did not start: $(tail -n 1 "$WORK/uvicorn.log")"
}

# no_server NAME...: the reasons for rows whose servers are not there.
no_server() {
    local name
    for name in "$@"; do
        [ -n "$PRODUCT_PORT" ] || reason product "$name" "penstock-bench serve did not answer: $(tail -n 1 "$WORK/serve.log")"
        [ -n "$PEER_PORT" ] || reason peer "$name" "$PEER_OBSTACLE"
    done
}

# Prints a time of wrk (us, ms, s) in milliseconds.
milliseconds() {
    awk -v t="$1" 'BEGIN { v = t + 0; if (t ~ /us$/) v /= 1000; else if (t !~ /ms$/) v *= 1000; print v }'
}

# rest_round product|peer PORT NAME [HEADER]: one run of wrk; a wrong or missing answer is a reason, not a number.
rest_round() {
    local url="http://127.0.0.1:$2/api/v2/stocks/quotes?symbols=$SYMBOLS" header=${4:-"Accept: application/json"} found bad
    found=$(curl --silent --fail --max-time 5 --header "$header" "$url" | grep -o '"symbol"' | wc -l)
    if [ "$found" -ne 26 ]; then
        reason "$1" "$3_requests" "the answer has $found of 26 symbols"
        return 0
    fi
    bounded 30 wrk -t2 -c64 -d5s --latency --header "$header" "$url" >"$WORK/out" 2>"$WORK/err" || true
    bad=$(grep -E 'Socket errors|Non-2xx' "$WORK/out" || true)
    [ -z "$bad" ] || reason "$1" "$3_requests" "$bad"
    record "$1" "$3_requests" "$(number '^Requests\/sec: *([0-9.]+).*')"
    record "$1" "$3_p99" "$(milliseconds "$(sed -nE 's/^ *99% *([0-9.a-z]+).*/\1/p' "$WORK/out")")"
}

bench_rest() {
    local round key
    if ! command -v wrk >/dev/null; then
        for key in rest_requests rest_p99 rest_auth_requests rest_auth_p99; do
            reason product "$key" "wrk is missing; apt-get install wrk"
        done
        return 0
    fi
    start_servers
    no_server rest_requests rest_p99
    key=$(sed -n 's/^key //p' "$WORK/keys.log")
    [ -n "$KEY_PORT" ] || reason product rest_auth_requests "penstock-bench serve --keys did not answer: $(tail -n 1 "$WORK/keys.log")"
    for ((round = 1; round <= ROUNDS; round++)); do
        progress "rest, round $round of $ROUNDS"
        [ -z "$PRODUCT_PORT" ] || rest_round product "$PRODUCT_PORT" rest
        [ -z "$KEY_PORT" ] || rest_round product "$KEY_PORT" rest_auth "Authorization: Bearer $key"
        [ -z "$PEER_PORT" ] || rest_round peer "$PEER_PORT" rest
    done
    # The peer asks for no key: both rows stand beside the same numbers.
    sed -n 's/^peer|rest_\(requests\|p99\)|/peer|rest_auth_\1|/p' "$WORK/values" >"$WORK/out"
    cat "$WORK/out" >>"$WORK/values"
}

# ws_round product|peer PORT NAME CLIENTS MESSAGES RATE: one fan-out; the client counts what arrived.
ws_round() {
    local delivered wanted=$(($4 * $5))
    bounded 120 "$LOAD" fanout "$2" "$4" "$5" "$6" >"$WORK/out" 2>"$WORK/err" || true
    delivered=$(number '.* ([0-9]+)\/[0-9]+ delivered.*')
    if [ "${delivered:-0}" -ne "$wanted" ]; then
        reason "$1" "$3_p99" "delivered ${delivered:-0} of $wanted $(tail -n 1 "$WORK/err")"
        return 0
    fi
    record "$1" "$3_p99" "$(number '.* p99 ([0-9.]+) .*')"
    record "$1" "$3_rate" "$(number '.* = ([0-9]+) deliveries.*')"
}

# ws_idle product|peer PORT PROCESS: memory for each of 5,000 connections.
ws_idle() {
    bounded 120 "$LOAD" idle "$2" 5000 "$3" >"$WORK/out" 2>"$WORK/err" || true
    if [ "$(number '^([0-9]+) connections.*')" = 5016 ]; then
        record "$1" ws_idle_memory "$(number '.*, ([0-9]+) bytes each.*')"
    else
        reason "$1" ws_idle_memory "$(cat "$WORK/out" "$WORK/err")"
    fi
}

bench_ws() {
    local round
    start_servers
    no_server ws_fanout_p99 ws_events_p99 ws_idle_memory
    for ((round = 1; round <= ROUNDS; round++)); do
        progress "ws, round $round of $ROUNDS"
        [ -z "$PRODUCT_PORT" ] || ws_round product "$PRODUCT_PORT" ws_fanout "$CLIENTS" "$MESSAGES" "$RATE"
        [ -z "$PEER_PORT" ] || ws_round peer "$PEER_PORT" ws_fanout "$CLIENTS" "$MESSAGES" "$RATE"
        [ -z "$PRODUCT_PORT" ] || ws_round product "$PRODUCT_PORT" ws_events 1 50000 10000
        [ -z "$PEER_PORT" ] || ws_round peer "$PEER_PORT" ws_events 1 50000 10000
    done
    progress "ws, connections that wait"
    [ -z "$PRODUCT_PORT" ] || ws_idle product "$PRODUCT_PORT" "$PRODUCT_ID"
    [ -z "$PEER_PORT" ] || ws_idle peer "$PEER_PORT" "$PEER_ID"
    [ -n "$PRODUCT_PORT" ] || return 0
    progress "ws, a client that comes back"
    bounded 120 "$LOAD" resume "$PRODUCT_PORT" 65000 >"$WORK/out" 2>"$WORK/err" || true
    if [ "$(number '^([0-9]+)\/.*')" = 65000 ]; then
        record product ws_resume "$(number '.* = ([0-9]+) messages.*')"
    else
        reason product ws_resume "$(cat "$WORK/out" "$WORK/err")"
    fi
}

# Builds what the process tier is measured with.
build_process_bench() {
    [ -x "$WORK/c-provider" ] && return 0
    local product
    for product in penstock-process-bench builtin-process DynamicIndicators; do
        swift build -c release --product "$product" "${SWIFT_FLAGS[@]}" >&2
    done
    ! command -v cc >/dev/null || cc -std=gnu11 -O2 -o "$WORK/c-provider" examples/c-provider/provider.c
}

# process_results NAME SECONDS ARGUMENTS...: runs penstock-process-bench and keeps its RESULT lines.
process_results() {
    local code=0
    bounded "$2" "$PROCESS_BENCH" "${@:3}" >"$WORK/out" 2>"$WORK/err" </dev/null || code=$?
    if [ "$code" -ne 0 ] || ! record_results "$WORK/out"; then
        reason product "$1" "penstock-process-bench $3 ended with exit code $code: $(tail -n 1 "$WORK/err")"
    fi
}

bench_process() {
    local round c=()
    progress "process: building"
    build_process_bench
    [ ! -x "$WORK/c-provider" ] || c=(--c "$WORK/c-provider")
    for ((round = 1; round <= ROUNDS; round++)); do
        progress "process, round $round of $ROUNDS"
        process_results process_swift_bars_per_second 120 rates --swift .build/release/builtin-process "${c[@]}"
        process_results indicator_dynamic_row 120 dynamic --library "$PWD/.build/release/libDynamicIndicators.so"
    done
}

# Both figures of each case are printed; the table has the worst.
bench_containment() {
    progress "containment: a healthy pipeline beside 12 broken plugins"
    build_process_bench
    process_results containment_p99_worst 300 containment
    grep '^RESULT ' "$WORK/out" >&2 || true
}

# An indicator, a model and a sink in turn while bars flow; the sinks keep a ledger of what they got.
bench_storage() {
    progress "storage"
    product_results storage_new_rows_per_second 300 one storage
}

# make_csv FILE INSTRUMENTS DAYS: grouped by symbol, as an export has them.
make_csv() {
    awk -v instruments="$2" -v days="$3" 'BEGIN {
        print "symbol,date,open,high,low,close,volume"
        for (day = 0; day < days; day++) {
            z = day + 719468; e = int(z / 146097); d = z - e * 146097
            y = int((d - int(d / 1460) + int(d / 36524) - int(d / 146096)) / 365)
            n = d - (365 * y + int(y / 4) - int(y / 100)); m = int((5 * n + 2) / 153)
            month = m < 10 ? m + 3 : m - 9
            dates[day] = sprintf("%04d-%02d-%02d", y + e * 400 + (month <= 2), month, n - int((153 * m + 2) / 5) + 1)
        }
        for (s = 0; s < instruments; s++) for (day = 0; day < days; day++) {
            p = 100 + s % 50 + (day * 7 + s * 13) % 50 / 10
            printf "S%02d.TEST,%s,%.2f,%.2f,%.2f,%.2f,%d\n", s, dates[day], p, p + 1, p - 1, p + 0.5, 1000000 + day
        }
    }' >"$1"
}

# import_manifest FOLDER: a pipeline that keeps bars and does nothing else.
import_manifest() {
    cat >"$1/plugins.yaml" <<'YAML'
version: 1
host: { state: var }
instruments: { all: [S00.TEST] }
providers: { history: { plugin: local_history, path: . } }
routes: { daily: { from: [history] } }
pipelines: { main: { instruments: [all], route: daily, indicators: [], models: [], sinks: [] } }
YAML
}

# timed_import NAME SECONDS FOLDER ROWS: imports bars.csv of the folder; what is timed is the whole program, from its start to its end.
timed_import() {
    local start code=0 peak='import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024)
sys.exit(code)'
    start=$(date +%s%N)
    one_core "$2" python3 -c "$peak" "$PENSTOCK" data import "$3/bars.csv" --config "$3/plugins.yaml" >"$WORK/out" 2>"$WORK/err" \
        </dev/null || code=$?
    if [ "$code" -ne 0 ]; then
        reason product "$1_rows_per_second" "penstock data import failed: $(tail -n 1 "$WORK/err")"
        return 0
    fi
    record product "$1_rows_per_second" "$(($4 * 1000000000 / ($(date +%s%N) - start)))"
    record unit "$1_rows_per_second" rows/s
    record product "$1_memory" "$(number 'peak ([0-9]+)')"
    record unit "$1_memory" MiB
}

bench_import() {
    local round start home="$WORK/import"
    mkdir -p "$home"
    make_csv "$home/bars.csv" 50 20000
    import_manifest "$home"
    command -v sqlite3 >/dev/null || reason peer import_rows_per_second "sqlite3 is missing; apt-get install sqlite3"
    for ((round = 1; round <= ROUNDS; round++)); do
        progress "import, round $round of $ROUNDS"
        rm -rf "$home/var" "$home/peer.db"
        timed_import import 300 "$home" 1000000
        command -v sqlite3 >/dev/null || continue
        start=$(date +%s%N)
        one_core 300 sqlite3 "$home/peer.db" 'CREATE TABLE bars (symbol TEXT, date TEXT, open REAL, high REAL, low REAL, close REAL,
            volume REAL, PRIMARY KEY (symbol, date)) WITHOUT ROWID' ".import --csv --skip 1 $home/bars.csv bars" >"$WORK/out" 2>&1 </dev/null
        record peer import_rows_per_second "$((1000000 * 1000000000 / ($(date +%s%N) - start)))"
    done
}

# 1,000 instruments of 18,500 days; the database takes about as much room as the file.
bench_import1gb() {
    local home="$WORK/import1gb"
    mkdir -p "$home"
    progress "import1gb: writing the file"
    make_csv "$home/bars.csv" 1000 18500
    import_manifest "$home"
    progress "import1gb: $(($(stat -c %s "$home/bars.csv") / 1000000)) MB"
    timed_import import_of_1gb 900 "$home" 18500000
    rm -rf "$home"
}

bench_drift() {
    progress "drift"
    product_results drift_worst_error 300 one drift
}

# The same cross in each; the fill model differs, the trades must not.
bench_backtest() {
    local round obstacle obstacle2 rate cross=Tests/Benchmarks/Peers/nautilus2_cross.py
    obstacle=$(peer_obstacle akquant_backtest.py)
    [ -n "$obstacle" ] || "$PYTHON" -c 'import akquant' 2>/dev/null || obstacle="run make bench-peers"
    [ -z "$obstacle" ] || reason peer backtest_beside_akquant "$obstacle"
    obstacle2=$(peer_obstacle nautilus2_backtest.py "$PYTHON_NAUTILUS2")
    [ -z "$obstacle2" ] || reason peer backtest_beside_nautilus2 "$obstacle2 (with Python 3.13)"
    for ((round = 1; round <= ROUNDS; round++)); do
        progress "backtest, round $round of $ROUNDS"
        product_results backtest_beside_akquant 300 one backtest
        rate=$(sed -n 's/^product|backtest_bars_per_second|//p' "$WORK/values" | tail -n 1)
        [ -z "$rate" ] || { record product backtest_beside_akquant "$rate"; record product backtest_beside_nautilus2 "$rate"; }
        if [ -z "$obstacle" ]; then
            run_peer 120 one_core akquant_backtest.py sma 300000
            peer_value backtest_beside_akquant '.* ([0-9,]+) bars\/s run_backtest.*'
        fi
        if [ -z "$obstacle2" ]; then
            bounded 120 taskset --cpu-list "$(($(nproc) - 1))" "$PYTHON_NAUTILUS2" -B "$cross" \
                "$PEERS/../data/market/qbot_a_share_daily/000001.SZ.csv" 300000 >"$WORK/out" 2>"$WORK/err" </dev/null || true
            peer_value backtest_beside_nautilus2 '.* ([0-9,]+) bars\/s engine.*'
        fi
    done
}

bench_sinks() {
    progress "sinks"
    product_results sink_csv_bars_rows_per_second 600 one sinks
}

bench_router() {
    progress "router"
    product_results route_quotes_p99 300 one router
}

bench_risk() {
    progress "risk"
    product_results risk_event_p99 300 one risk
}

bench_binance() {
    progress "binance"
    product_results binance_trades_per_second 300 one binance
}

bench_reload() {
    progress "reload: 1,000 reloads (minutes)"
    product_results reload_pause_p99 900 any reload --reloads 1000 --rate 10000
}

# A build from nothing in a folder of its own; fetching the packages is not counted.
bench_build() {
    local start code=0
    progress "clean debug build (minutes)"
    rm -rf .build-bench
    bounded 300 swift package --scratch-path .build-bench resolve >"$WORK/out" 2>&1 || code=$?
    start=$(date +%s%N)
    [ "$code" -ne 0 ] || bounded 1200 swift build --build-tests --scratch-path .build-bench "${SWIFT_FLAGS[@]}" >"$WORK/out" 2>&1 || code=$?
    if [ "$code" -eq 0 ]; then
        record product build_debug "$((($(date +%s%N) - start) / 1000000000))"
    else
        reason product build_debug "exit code $code: $(tail -n 1 "$WORK/out")"
    fi
    rm -rf .build-bench
}

print_table() {
    printf '%s\n' "$ROWS" >"$WORK/rows"
    awk -f scripts/bench-table.awk "$WORK/values" "$WORK/reasons" "$WORK/rows"
    sed -n 's/^product|\([^|]*\)|\(.*\)/Not measured or not clean: \1: \2/p' "$WORK/reasons" | sort -u
}

wanted=("$@")
[ ${#wanted[@]} -gt 0 ] || wanted=(pipeline paths indicators models nets xgboost search versions retrain startup restart rest ws storage import import1gb sinks router risk binance drift backtest process containment reload build)
for name in "${wanted[@]}"; do
    declare -F "bench_$name" >/dev/null || die 2 "bench: unknown benchmark '$name'; allowed: pipeline, paths, indicators, models, nets, xgboost, search, versions, retrain, startup, restart, rest, ws, storage, import, import1gb, sinks, router, risk, binance, drift, backtest, process, containment, reload, build."
done
scripts/bootstrap.sh
progress "release build"
swift build -c release --product penstock-bench "${SWIFT_FLAGS[@]}" >&2
swift build -c release --product penstock-load "${SWIFT_FLAGS[@]}" >&2
swift build -c release --product penstock "${SWIFT_FLAGS[@]}" >&2
for name in "${wanted[@]}"; do "bench_$name"; done
printf '\n'
print_table
