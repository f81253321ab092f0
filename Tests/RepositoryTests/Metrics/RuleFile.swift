import HostTelemetry

/// The files of `deploy/prometheus`, written from the tables of metrics, service levels and alerts.
enum RuleFile {
    static let folder = "deploy/prometheus"

    /// What is recorded: budgets and shares of service levels, and quantiles of each histogram.
    static var recording: String {
        var file = head + "groups:\n  - name: penstock-service-levels\n    rules:\n"
        for level in ServiceLevel.all {
            file += record(ServiceLevel.budgets, "vector(\(level.budget))", level.name)
            for window in ServiceLevel.windows {
                file += record(ServiceLevel.series(window), level.share(over: window), level.name)
            }
        }
        file += "  - name: penstock-durations\n    rules:\n"
        for metric in Metric.all where metric.kind == .histogram {
            for quantile in [50, 99] {
                file += record(series(metric, quantile), expression(metric, Double(quantile) / 100), nil)
            }
        }
        return file
    }

    /// The name of the recorded quantile of a histogram.
    static func series(_ metric: Metric, _ quantile: Int) -> String {
        metric.name.replacing("penstock_", with: "penstock:") + ":p\(quantile)_5m"
    }

    static var alerts: String {
        var file = head + "groups:\n  - name: penstock-alerts\n    rules:\n"
        for alert in Alert.all {
            file += "      - alert: \(alert.name)\n        expr: \(quoted(alert.expression))\n"
            file += "        for: \(alert.lasting)\n        labels: { severity: \(alert.severity.rawValue) }\n"
            file += "        annotations:\n          summary: \(quoted(alert.summary))\n"
            file += "          description: \(quoted(alert.remedy))\n"
        }
        return file
    }

    /// What `promtool test rules` runs: each alert fires on its example, and none fires while all is well.
    static var tests: String {
        var file = head + "rule_files: [recording.yaml, alerts.yaml]\nevaluation_interval: 5m\ntests:\n"
        for alert in Alert.all {
            file += test(alert.example.series, every: alert.example.interval)
            file += expectation(
                "count(ALERTS{alertname=\"\(alert.name)\",alertstate=\"firing\"})", at: alert.example.time, "1")
        }
        return file + test(well, every: "1m") + expectation("count(ALERTS) or vector(0)", at: "2h", "0")
    }

    /// A host that is well.
    private static let well: [(name: String, values: String)] = [
        (#"up{job="penstock"}"#, "1x120"), (#"penstock_instance_state{kind="sink",id="keep",state="ok"}"#, "1x120"),
        (#"penstock_uptime_seconds{job="penstock"}"#, "0+60x120"),
        (#"penstock_unavailable_seconds_total{job="penstock"}"#, "0x120"),
        (#"penstock_instance_restarts_total{kind="sink",id="keep"}"#, "1x120"),
        ("penstock_last_reload_success", "1x120"),
        ("penstock_state_bytes", "2000000000x120"), (#"process_open_fds{job="penstock"}"#, "50x120"),
        (#"process_max_fds{job="penstock"}"#, "1024x120"), (#"penstock_instruments_stale{pipeline="main"}"#, "0x120"),
        (#"penstock_instruments_followed{pipeline="main"}"#, "5x120"),
        (#"penstock_bars_received_total{pipeline="main"}"#, "0+100x120"),
        (#"penstock_bars_rejected_total{pipeline="main",reason="future"}"#, "0+1x120"),
        (#"penstock_sink_dropped_total{pipeline="main",sink="keep",reason="stopped"}"#, "_x0 3x120"),
        (#"penstock_sink_waiting{pipeline="main",sink="keep"}"#, "10x120"),
        (#"penstock_provider_breaker_open{provider="x"}"#, "0x120"),
        (#"penstock_provider_requests_total{job="penstock",provider="x",outcome="answered"}"#, "0+100x120"),
        (#"penstock_provider_requests_left{provider="x"}"#, "400x120"),
        (#"penstock_http_requests_total{job="penstock",route="/x",status="200"}"#, "0+1000x120"),
        (#"penstock_http_requests_total{job="penstock",route="/health",status="503"}"#, "0+1000x120"),
        (#"penstock_http_request_duration_seconds_bucket{route="/x",le="0.05"}"#, "0+10x120"),
        (#"penstock_http_request_duration_seconds_bucket{route="/x",le="+Inf"}"#, "0+10x120"),
        (#"penstock_websocket_connections_total{job="penstock"}"#, "0+10x120"),
        ("penstock_websocket_frames_dropped_total", "0x120"),
    ]

    private static let head = "# Written from the tables in Sources/Host/Telemetry; docs/metrics.md explains them.\n"

    private static func expression(_ metric: Metric, _ quantile: Double) -> String {
        let by = (["job", "instance"] + metric.labels.map(\.name) + ["le"]).joined(separator: ", ")
        return "histogram_quantile(\(quantile), sum by (\(by)) (rate(\(metric.name)_bucket[5m])))"
    }

    private static func record(_ name: String, _ expression: String, _ level: String?) -> String {
        "      - record: \(name)\n        expr: \(quoted(expression))\n"
            + (level.map { "        labels: { slo: \($0) }\n" } ?? "")
    }

    private static func test(_ series: [(name: String, values: String)], every interval: String) -> String {
        "  - interval: \(interval)\n    input_series:\n"
            + series.map { "      - { series: \(quoted($0.name)), values: '\($0.values)' }\n" }.joined()
    }

    private static func expectation(_ expression: String, at time: String, _ value: String) -> String {
        "    promql_expr_test:\n      - expr: \(quoted(expression))\n        eval_time: \(time)\n"
            + "        exp_samples: [{ labels: '{}', value: \(value) }]\n"
    }

    private static func quoted(_ text: String) -> String { "'\(text.replacing("'", with: "''"))'" }
}
