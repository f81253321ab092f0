extension Alert {
    /// Every alert.
    package static let all: [Alert] = [host, data, outputs, providers, server, budgets].flatMap { $0 }

    private static let host: [Alert] = [
        Alert(
            "PenstockDown", .page, #"up{job="penstock"} == 0"#, for: "1m", "{{ $labels.instance }} does not answer.",
            "Look into the log of the host; `penstock run --resume` starts with the last manifest that ran.",
            on: Example([(#"up{job="penstock",instance="a"}"#, "1 0x60")])),
        Alert(
            "PenstockInstanceFailed", .page, #"penstock_instance_state{state="failed"} == 1"#, for: "1m",
            "{{ $labels.kind }}/{{ $labels.id }} does not work.",
            "`penstock status` has the reason; what is failed comes back with `penstock reload`.",
            on: Example([(#"penstock_instance_state{kind="sink",id="keep",state="failed"}"#, "1x60")])),
        Alert(
            "PenstockInstanceDegraded", .ticket, #"penstock_instance_state{state="degraded"} == 1"#, for: "15m",
            "{{ $labels.kind }}/{{ $labels.id }} works with losses.", "`penstock status` has the reason.",
            on: Example([(#"penstock_instance_state{kind="provider",id="x",state="degraded"}"#, "1x60")])),
        Alert(
            "PenstockInstanceRestarts", .ticket, "increase(penstock_instance_restarts_total[30m]) > 2",
            "The process of {{ $labels.kind }}/{{ $labels.id }} was started again several times.",
            "Look into what it writes to standard error: the host's log has it.",
            on: Example([(#"penstock_instance_restarts_total{kind="sink",id="lines"}"#, "0x20 1+1x40")])),
        Alert(
            "PenstockReloadRefused", .ticket, "penstock_last_reload_success == 0",
            "The last reload did not take effect: the old manifest runs.", "`penstock config check` lists the faults.",
            on: Example([("penstock_last_reload_success", "0x60")])),
        Alert(
            "PenstockStateGrows", .ticket,
            "predict_linear(penstock_state_bytes[6h], 7 * 86400) > 2 * penstock_state_bytes and penstock_state_bytes > 1e9",
            for: "1h", "The state database will be twice as large within a week.", "Set `host.retain`.",
            on: Example([("penstock_state_bytes", "1000000000+20000000x120")], every: "5m", at: "8h")),
        Alert(
            "PenstockFewDescriptorsLeft", .ticket, "process_open_fds{job=\"penstock\"} / process_max_fds > 0.8",
            for: "5m",
            "{{ $value | humanizePercentage }} of the file descriptors are open.",
            "Raise `LimitNOFILE=` of the unit, or `ulimit -n`.",
            on: Example([
                (#"process_open_fds{job="penstock"}"#, "900x60"), (#"process_max_fds{job="penstock"}"#, "1024x60"),
            ])),
        Alert(
            "PenstockSeriesOmitted", .ticket, "penstock_metric_series_omitted > 0", for: "5m",
            "{{ $labels.metric }} has {{ $value }} series more than are written.",
            "Follow fewer instruments in one host, or read /api/v2/system/metrics.",
            on: Example([(#"penstock_metric_series_omitted{metric="x"}"#, "3x60")])),
    ]

    private static let data: [Alert] = [
        Alert(
            "PenstockDataStale", .page, "penstock_instruments_stale > 0", for: "5m",
            "{{ $value }} instruments of pipeline {{ $labels.pipeline }} have nothing new, though their venue was open.",
            "`penstock providers` says how the source stands; `silence` of the route says how long is too long.",
            on: Example([(#"penstock_instruments_stale{pipeline="main"}"#, "2x60")])),
        Alert(
            "PenstockRowsRefused", .ticket,
            share(#"penstock_bars_rejected_total{reason!="duplicate"}"#, of: "penstock_bars_received_total")
                + " > 0.05",
            for: "5m", "{{ $value | humanizePercentage }} of the rows of pipeline {{ $labels.pipeline }} are refused.",
            "`penstock quarantine list` has them with their reasons.",
            on: Example([
                (#"penstock_bars_rejected_total{pipeline="main",reason="high_below_low"}"#, "0+10x60"),
                (#"penstock_bars_received_total{pipeline="main"}"#, "0+100x60"),
            ])),
        Alert(
            "PenstockModelFailed", .ticket, #"penstock_model_state{state="failed"} == 1"#, for: "1m",
            "Model {{ $labels.model }} of pipeline {{ $labels.pipeline }} does not serve.",
            "`penstock status` has the reason.",
            on: Example([(#"penstock_model_state{pipeline="main",model="m",state="failed"}"#, "1x60")])),
        Alert(
            "PenstockNotPredicted", .ticket,
            #"sum by (job, instance, pipeline, model) (rate(penstock_not_predicted_total{reason="model_not_ready"}[10m])) > 0"#,
            for: "10m", "Rows come and model {{ $labels.model }} of pipeline {{ $labels.pipeline }} is not ready.",
            "`/api/v2/ai/models/{model}/status` has its state and what it waits for.",
            on: Example([
                (#"penstock_not_predicted_total{pipeline="main",model="m",reason="model_not_ready"}"#, "0+5x60")
            ])),
        Alert(
            "PenstockFeaturesDrifted", .ticket, "penstock_feature_psi > 0.25", for: "15m",
            "A feature of model {{ $labels.model }} of pipeline {{ $labels.pipeline }} is not distributed as where it was fitted.",
            "`/api/v2/system/metrics` names the feature; fit the model again where the change is real.",
            on: Example([(#"penstock_feature_psi{pipeline="main",model="m"}"#, "0.6x60")])),
        Alert(
            "PenstockErrorsGrew", .ticket, grew("penstock_outcome_error_alarms_total"),
            "Errors of model {{ $labels.model }} of pipeline {{ $labels.pipeline }} became larger than in its tests.",
            "Compare `recent_error` of `/api/v2/system/metrics` with the card, and fit the model again.",
            on: Example([(#"penstock_outcome_error_alarms_total{pipeline="main",model="m"}"#, "0x35 1x25")])),
    ]

    private static let outputs: [Alert] = [
        Alert(
            "PenstockRowsLost", .page, grew("penstock_sink_dropped_total"),
            "Rows were lost before sink {{ $labels.sink }} of pipeline {{ $labels.pipeline }}: {{ $labels.reason }}.",
            "Enlarge its queue, or let it wait or spill (`queue.full`).",
            on: Example([
                (#"penstock_sink_dropped_total{pipeline="main",sink="keep",reason="queue_full_oldest"}"#, "_x35 5x25")
            ])),
        Alert(
            "PenstockSinkRefuses", .ticket, grew("penstock_sink_refused_total"),
            "Sink {{ $labels.sink }} of pipeline {{ $labels.pipeline }} refuses rows: {{ $labels.reason }}.",
            "The sink's README has its reasons.",
            on: Example([
                (#"penstock_sink_refused_total{pipeline="main",sink="keep",reason="no_value"}"#, "0x35 5+5x25")
            ])),
        Alert(
            "PenstockSinkBehind", .ticket, "penstock_sink_waiting > 1000", for: "10m",
            "{{ $value }} rows wait for sink {{ $labels.sink }} of pipeline {{ $labels.pipeline }}.",
            "Look at what the sink writes to, and at `penstock_call_duration_seconds`.",
            on: Example([(#"penstock_sink_waiting{pipeline="main",sink="keep"}"#, "5000x60")])),
        Alert(
            "PenstockSlowCalls", .ticket,
            quantile("penstock_call_duration_seconds", #"{kind=~"stage|model|sink"}"#, ["pipeline", "kind", "id"])
                + " > 1",
            for: "10m", "One call in 100 of {{ $labels.kind }}/{{ $labels.id }} takes longer than {{ $value }} s.",
            "Give the plugin fewer rows at once, or move it to a process of its own.",
            on: Example([
                (#"penstock_call_duration_seconds_bucket{pipeline="main",kind="sink",id="keep",le="1"}"#, "0x60"),
                (#"penstock_call_duration_seconds_bucket{pipeline="main",kind="sink",id="keep",le="5"}"#, "0+10x60"),
                (#"penstock_call_duration_seconds_bucket{pipeline="main",kind="sink",id="keep",le="+Inf"}"#, "0+10x60"),
            ])),
    ]

    private static let providers: [Alert] = [
        Alert(
            "PenstockProviderLeftAlone", .ticket, "penstock_provider_breaker_open == 1", for: "5m",
            "Provider {{ $labels.provider }} failed and is not asked.",
            "`penstock providers probe` shows what it answers now.",
            on: Example([(#"penstock_provider_breaker_open{provider="x"}"#, "1x60")])),
        Alert(
            "PenstockProviderBudgetSpent", .ticket, "penstock_provider_requests_left == 0",
            "Provider {{ $labels.provider }} may not be asked again today.", "Raise `limits`, or poll less often.",
            on: Example([(#"penstock_provider_requests_left{provider="x"}"#, "5x20 0x40")])),
    ]

    private static let server: [Alert] = [
        Alert(
            "PenstockSlowRoutes", .ticket, quantile("penstock_http_request_duration_seconds", "", ["route"]) + " > 0.5",
            for: "10m", "One request in 100 of {{ $labels.route }} takes longer than {{ $value }} s.",
            "Ask for less at once: `limit`, `from` and `to`.",
            on: Example([
                (#"penstock_http_request_duration_seconds_bucket{route="/x",le="0.5"}"#, "0x60"),
                (#"penstock_http_request_duration_seconds_bucket{route="/x",le="1"}"#, "0+10x60"),
                (#"penstock_http_request_duration_seconds_bucket{route="/x",le="+Inf"}"#, "0+10x60"),
            ])),
        Alert(
            "PenstockFramesDropped", .ticket, "rate(penstock_websocket_frames_dropped_total[5m]) > 1", for: "5m",
            "Clients of live channels lose {{ $value }} messages a second: they do not keep up.",
            "Let them ask for fewer instruments, or for the newest of each (`conflate=true`).",
            on: Example([("penstock_websocket_frames_dropped_total", "0+600x60")])),
    ]

    /// Burn rates over a long and a short window, as the SRE Workbook (Google, 2018), chapter 5, gives them: how fast, which
    /// windows, and what part of a month's budget is gone when it fires.
    private static let budgets: [Alert] = [
        burn("PenstockBudgetBurnsFast", .page, 14.4, ("1h", "5m"), "2 % of the month's budget in an hour", at: "2h"),
        burn("PenstockBudgetBurns", .page, 6, ("6h", "30m"), "5 % of the month's budget in six hours", at: "8h"),
        burn(
            "PenstockBudgetBurnsSlowly", .ticket, 1, ("3d", "6h"), "10 % of the month's budget in three days", at: "80h"
        ),
    ]

    private static func burn(
        _ name: String, _ severity: Severity, _ rate: Double, _ windows: (long: String, short: String), _ spent: String,
        at time: String
    ) -> Alert {
        func above(_ window: String) -> String {
            "\(ServiceLevel.series(window)) > on (slo) group_left () (\(rate) * \(ServiceLevel.budgets))"
        }
        return Alert(
            name, severity, "\(above(windows.long)) and \(above(windows.short))",
            "Service level {{ $labels.slo }} loses \(spent).",
            "`penstock status --slo` has the shares; docs/metrics.md says what each counts.",
            on: Example(
                [
                    (#"penstock_http_requests_total{job="penstock",route="/x",status="200"}"#, "0+90x4800"),
                    (#"penstock_http_requests_total{job="penstock",route="/x",status="500"}"#, "0+10x4800"),
                ], at: time))
    }

    /// Whether a counter grew within ten minutes; one that is new, as a reason that was never counted, did.
    private static func grew(_ metric: String) -> String {
        "increase(\(metric)[10m]) > 0 or (\(metric) > 0 unless \(metric) offset 10m)"
    }

    private static func share(_ part: String, of whole: String) -> String {
        func rate(_ selector: String) -> String { "sum by (job, instance, pipeline) (rate(\(selector)[15m]))" }
        return "\(rate(part)) / (\(rate(whole)) > 0)"
    }

    private static func quantile(_ metric: String, _ conditions: String, _ by: [String]) -> String {
        let by = (["job", "instance"] + by + ["le"]).joined(separator: ", ")
        return "histogram_quantile(0.99, sum by (\(by)) (rate(\(metric)_bucket\(conditions)[10m])))"
    }
}
