import CivilTime
import HostApp
import HostCore
import HostTelemetry

/// What `penstock top` shows of two looks at a host: rates are of the span between them.
struct TopView {
    let now: HostLook
    let before: HostLook

    var lines: [String] {
        [head] + [pipelines, sinks, calls, providers].filter { !$0.isEmpty }.flatMap { [""] + $0 } + troubles
    }

    private var head: String {
        let status = now.status
        let clients = Int(now.sum("penstock_websocket_subscribers") ?? 0)
        let memory = (now.sum("process_resident_memory_bytes") ?? 0) / 1_048_576
        return "penstock \(status.version): \(status.status), up \(Duration.seconds(status.uptimeSeconds).inWords), "
            + "\(Int(memory)) MiB, \(rate("process_cpu_seconds_total", [:], scale: 100)) % CPU, "
            + "\(rate("penstock_http_requests_total", [:])) requests/s, \(clients) live clients, "
            + "\(rate("penstock_websocket_frames_delivered_total", [:])) messages/s"
    }

    private var pipelines: [String] {
        let header = [
            "PIPELINE", "ROWS/S", "ROWS", "REFUSED", "WAITING", "BEHIND", "STALE", "PREDICTIONS/S", "ALERTS",
        ]
        return table(header, named: 1, now.all("penstock_bars_received_total")) { series in
            let own = ["pipeline": series.labels["pipeline"] ?? ""]
            return [
                own["pipeline"] ?? "", rate("penstock_bars_received_total", own), count(series.value),
                count(now.sum("penstock_bars_rejected_total", own) ?? 0),
                count(now.sum("penstock_ingest_waiting", own) ?? 0), age(own),
                now.sum("penstock_instruments_stale", own).map(count) ?? "-", rate("penstock_predictions_total", own),
                count(now.sum("penstock_alerts_total", own) ?? 0),
            ]
        }
    }

    private var sinks: [String] {
        table(
            ["SINK", "PIPELINE", "ROWS/S", "ROWS", "WAITING", "LOST", "REFUSED"], named: 2,
            now.all("penstock_sink_delivered_total")
        ) { series in
            [
                series.labels["sink"] ?? "", series.labels["pipeline"] ?? "",
                rate("penstock_sink_delivered_total", series.labels), count(series.value),
                count(now.sum("penstock_sink_waiting", series.labels) ?? 0),
                count(now.sum("penstock_sink_dropped_total", series.labels) ?? 0),
                count(now.sum("penstock_sink_refused_total", series.labels) ?? 0),
            ]
        }
    }

    private var calls: [String] {
        table(
            ["CALL", "PIPELINE", "CALLS/S", "CALLS", "MEAN"], named: 2, now.all("penstock_call_duration_seconds_count")
        ) { series in
            [
                "\(series.labels["kind"] ?? "")/\(series.labels["id"] ?? "")", series.labels["pipeline"] ?? "",
                rate("penstock_call_duration_seconds_count", series.labels), count(series.value),
                mean("penstock_call_duration_seconds", series.labels),
            ]
        }
    }

    private var providers: [String] {
        table(["PROVIDER", "HEALTH", "ANSWERED", "FAILED", "LEFT TODAY", "BREAKER"], named: 1, now.status.providers) {
            provider in
            [
                provider.provider, "\(Int((provider.health * 100).rounded())) %", "\(provider.answered)",
                "\(provider.failed)", provider.leftToday.map { "\($0)" } ?? "-", provider.breaker,
            ]
        }
    }

    /// What does not work, with its reason.
    private var troubles: [String] {
        let bad = now.status.instances.filter { ["degraded", "failed"].contains($0.state) }
        return bad.isEmpty ? [] : [""] + bad.map { "\($0.name) is \($0.state): \($0.message)" }
    }

    private func table<Row>(
        _ header: [String], named names: Int, _ rows: [Row], _ cells: (Row) -> [String]
    ) -> [String] {
        guard !rows.isEmpty else { return [] }
        return TextTable(header: header, rows: rows.map(cells), isRight: header.indices.map { $0 >= names }).lines
    }

    private var seconds: Double { (now.time - before.time) / .seconds(1) }

    private func rate(_ name: String, _ labels: [String: String], scale: Double = 1) -> String {
        // A counter that is new grew from nothing.
        let grown = (now.sum(name, labels) ?? 0) - (before.sum(name, labels) ?? 0)
        return short(max(0, grown) * scale / max(seconds, 0.001))
    }

    /// The mean of the calls between the two looks; of all where there was none.
    private func mean(_ name: String, _ labels: [String: String]) -> String {
        func grown(_ suffix: String) -> Double {
            (now.sum(name + suffix, labels) ?? 0) - (before.sum(name + suffix, labels) ?? 0)
        }
        let calls = grown("_count")
        let mean =
            calls > 0
            ? grown("_sum") / calls
            : (now.sum(name + "_sum", labels) ?? 0) / max(1, now.sum(name + "_count", labels) ?? 0)
        return mean < 0.001 ? "\(short(mean * 1e6)) us" : mean < 1 ? "\(short(mean * 1e3)) ms" : "\(short(mean)) s"
    }

    private func age(_ own: [String: String]) -> String {
        guard let time = now.sum("penstock_last_event_timestamp_seconds", own) else { return "-" }
        return Duration.seconds(max(0, Int(Double(WallClock.now()) / 1e9 - time))).inWords
    }

    private func count(_ value: Double) -> String { "\(Int(value))" }

    private func short(_ value: Double) -> String {
        value >= 100 || value == value.rounded() ? "\(Int(value.rounded()))" : "\((value * 10).rounded() / 10)"
    }
}
