import FoundationEssentials
import Glibc
import HostCore
import PluginKit
import Testing

@testable import HostTelemetry

@Suite struct PrometheusTests {
    @Test func rendersEveryFamilyWithHelpAndType() {
        let text = Self.rendered()
        for line in [
            #"penstock_build_info{version="0.1.0"} 1"#,
            "penstock_uptime_seconds 12.5",
            #"penstock_bars_received_total{pipeline="main"} 10"#,
            #"penstock_bars_accepted_total{pipeline="main"} 8"#,
            #"penstock_bars_rejected_total{pipeline="main",reason="duplicate"} 1"#,
            #"penstock_bars_rejected_total{pipeline="main",reason="high_below_low"} 1"#,
            #"penstock_predictions_total{pipeline="main",model="next_day"} 5"#,
            #"penstock_not_predicted_total{pipeline="main",model="next_day",reason="warm_up"} 3"#,
            #"penstock_predictions_flagged_total{pipeline="main",model="next_day",flag="stale"} 2"#,
            #"penstock_outcomes_total{pipeline="main",model="next_day"} 4"#,
            #"penstock_outcomes_undefined_total{pipeline="main",model="next_day"} 1"#,
            #"penstock_learned_total{pipeline="main",model="next_day"} 3"#,
            #"penstock_alerts_total{pipeline="main",rule="stale_prediction"} 2"#,
            #"penstock_sink_offered_total{pipeline="main",sink="keep"} 8"#,
            #"penstock_sink_delivered_total{pipeline="main",sink="keep"} 5"#,
            #"penstock_sink_dropped_total{pipeline="main",sink="keep",reason="queue_full_oldest"} 1"#,
            #"penstock_sink_refused_total{pipeline="main",sink="keep",reason="no_value"} 1"#,
            #"penstock_sink_waiting{pipeline="main",sink="keep"} 1"#,
            #"penstock_instance_state{kind="sink",id="keep",state="degraded"} 1"#,
            #"penstock_model_state{pipeline="main",model="next_day",state="fitting"} 1"#,
            #"penstock_model_fit_progress_ratio{pipeline="main",model="next_day"} 0.25"#,
            #"penstock_model_figure{pipeline="main",model="next_day",figure="weight.a"} 0.75"#,
            #"penstock_http_requests_total{route="/api/v2/stocks/{symbol}/historical",status="404"} 3"#,
            #"penstock_websocket_subscribers{channel="/ws/enhanced"} 2"#,
            "penstock_websocket_frames_dropped_total 4",
            "penstock_websocket_frames_conflated_total 9",
            "penstock_websocket_connections_total 12",
            #"penstock_websocket_connections_dropped_total{reason="broken"} 2"#,
            "penstock_available 0", "penstock_unavailable_seconds_total 1.5",
            #"penstock_http_request_duration_seconds_bucket{route="/health",le="0.001"} 1"#,
            #"penstock_call_duration_seconds_count{pipeline="main",kind="flush",id="keep"} 1"#,
            "process_resident_memory_bytes 4096000",
            "process_cpu_seconds_total 1.5", "process_max_fds 1024",
        ] {
            #expect(text.contains("\n\(line)\n"), "\(line)")
        }
        let names = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE") }
        #expect(names.count == text.split(separator: "\n").filter { $0.hasPrefix("# HELP") }.count)
        #expect(Set(names).count == names.count)
    }

    @Test func aFamilyWithoutSamplesIsLeftOut() {
        let view = Self.view(flows: [])
        let text = String(decoding: PrometheusText.render(view, server: nil, process: nil, now: 0), as: UTF8.self)
        #expect(!text.contains("penstock_sink"))
        #expect(!text.contains("penstock_http"))
        #expect(!text.contains("process_"))
        #expect(text.contains("penstock_uptime_seconds 0\n"))
    }

    @Test func aHistogramHasBucketsThatAddUp() {
        var histogram = Histogram()
        for milliseconds in [1, 1, 20, 700_000] { histogram.record(.milliseconds(milliseconds)) }
        var writer = PrometheusWriter()
        writer.write(Self.metric("a_seconds", .histogram, [.id])) { $0.add(histogram, "x") }
        let text = String(decoding: writer.bytes, as: UTF8.self)
        #expect(text.contains("# TYPE a_seconds histogram"))
        #expect(text.contains(#"a_seconds_bucket{id="x",le="0.001"} 2"#))
        #expect(text.contains(#"a_seconds_bucket{id="x",le="0.03"} 3"#))
        #expect(text.contains(#"a_seconds_bucket{id="x",le="60"} 3"#))
        #expect(text.contains(#"a_seconds_bucket{id="x",le="+Inf"} 4"#))
        #expect(text.contains(#"a_seconds_count{id="x"} 4"#))
        #expect(text.contains(#"a_seconds_sum{id="x"} 700.022"#))
    }

    @Test func labelValuesAreEscaped() {
        var writer = PrometheusWriter()
        writer.write(Self.metric("a_total", .counter, [.figure], "Back\\slash\nline.")) { $0.add(1, "q\" b\\ n\n中") }
        #expect(
            String(decoding: writer.bytes, as: UTF8.self)
                == "# HELP a_total Back\\\\slash\\nline.\n# TYPE a_total counter\na_total{name=\"q\\\" b\\\\ n\\n中\"} 1\n"
        )
    }

    @Test(arguments: [
        (Double.nan, "NaN"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (3, "3"), (0.5, "0.5"), (1e20, "1e+20"),
    ])
    func numbersAreWrittenAsPrometheusReadsThem(value: Double, text: String) {
        var writer = PrometheusWriter()
        writer.write(Self.metric("a", .gauge)) { $0.add(value) }
        #expect(String(decoding: writer.bytes, as: UTF8.self).hasSuffix("\na \(text)\n"))
    }

    @Test(.enabled(if: Promtool.path != nil, "promtool is not installed (Debian: apt-get install prometheus)"))
    func promtoolFindsNothingToSay() throws {
        let path = try #require(Promtool.path)
        let result = try Promtool.check(Self.rendered(), with: path)
        #expect(result.status == 0, "\(result.output)")
        #expect(result.output.isEmpty, "\(result.output)")
    }

    @Test func readsTheProcessOutOfTheKernelsLine() throws {
        let line = "42 (a) b (c)) S 1 42 42 0 -1 4194560 500 0 0 0 250 50 0 0 20 0 7 0 12345 1000000 321 184467440"
        let figures = try #require(
            ProcessFigures(
                stat: line, pageSize: 4096, ticksPerSecond: 100, openFileDescriptors: 9, maxFileDescriptors: 64))
        #expect(figures.cpuSeconds == 3)
        #expect(figures.threads == 7)
        #expect(figures.residentBytes == 321 * 4096)
        for cut in ["42 (a", "42 (a) S 1"] {
            let figures = ProcessFigures(
                stat: cut, pageSize: 1, ticksPerSecond: 1, openFileDescriptors: 0, maxFileDescriptors: 0)
            #expect(figures == nil)
        }
        let own = try #require(ProcessFigures.current())
        #expect(own.residentBytes > 1_000_000)
        #expect(own.maxFileDescriptors >= own.openFileDescriptors)
    }

    @Test func moreSeriesThanAMetricMayHaveAreLeftOutAndCounted() {
        var writer = PrometheusWriter()
        let metric = Metric("a", .gauge, "A.", .host, [.id], most: 3) { _, _ in }
        writer.write(metric) { samples in for number in 0..<10 { samples.add(number, "\(number)") } }
        let text = String(decoding: writer.bytes, as: UTF8.self)
        #expect(text.hasSuffix("a{id=\"0\"} 0\na{id=\"1\"} 1\na{id=\"2\"} 2\n"))
        #expect(writer.omitted == ["a": 7])
    }

    @Test func theTextIsReadBackAsItWasWritten() {
        var writer = PrometheusWriter()
        let name = "q\" b\\ n\n,=}{中"
        writer.write(Self.metric("a_total", .counter, [.id, .figure])) { $0.add(1.5, "x", name) }
        writer.write(Self.metric("b", .gauge)) { $0.add(-.infinity) }
        #expect(
            MetricText.read(writer.bytes) == [
                MetricText.Series(name: "a_total", labels: ["id": "x", "name": name], value: 1.5),
                MetricText.Series(name: "b", labels: [:], value: -.infinity),
            ])
        for broken in ["", "a", "a{", "a{x=1} 2", "a{x=\"1} 2", "a{x=\"1\"}", "{} x", "a b"] {
            #expect(MetricText.read(Array(broken.utf8)).isEmpty, "\(broken)")
        }
    }

    private static func metric(
        _ name: String, _ kind: Metric.Kind, _ labels: [Metric.Label] = [], _ help: String = "A."
    ) -> Metric {
        Metric(name, kind, help, .host, labels) { _, _ in }
    }

    private static func rendered() -> String {
        let stat = "1 (p) S 1 1 1 0 -1 0 0 0 0 0 100 50 0 0 20 0 4 0 1 1 1000 1"
        let process = ProcessFigures(
            stat: stat, pageSize: 4096, ticksPerSecond: 100, openFileDescriptors: 12, maxFileDescriptors: 1024)
        var brief = Histogram()
        brief.record(.milliseconds(1))
        var server = ServerCounters(
            requests: [.init(route: "/api/v2/stocks/{symbol}/historical", status: 404, count: 3)],
            spans: ["/health": brief],
            subscribers: ["/ws/enhanced": 2, "/ws/ai-predictions": 0], framesDelivered: 100, framesDropped: 4)
        server.framesConflated = 9
        (server.connections, server.connectionsDropped) = (12, ["broken": 2, "unresponsive": 0])
        (server.isAvailable, server.unavailableSeconds) = (false, 1.5)
        let bytes = PrometheusText.render(
            view(flows: [flow]), server: server, process: process, now: 1_012_500_000_000)
        return String(decoding: bytes, as: UTF8.self)
    }

    private static func view(flows: [FlowSnapshot]) -> HostView {
        let board = InstanceBoard(now: { 0 })
        board.register(.sink, "keep", plugin: "sqlite", state: .degraded)
        let models = ModelBoard()
        models.set(
            ModelBoard.Entry(
                model: "next_day", pipeline: "main", plugin: "model/ridge", state: "fitting", progress: 0.25,
                figures: ["weight.a": 0.75]))
        return HostView(
            instruments: InstrumentTable(), latest: LatestValues(), bars: NoBars(), board: board, models: models,
            plugins: [], counters: { flows }, version: "0.1.0", startedAt: 1_000_000_000_000)
    }

    private static var flow: FlowSnapshot {
        var flow = FlowSnapshot(pipeline: "main")
        flow.received = 10
        flow.accepted = 8
        flow.rejected = ["high_below_low": 1, "duplicate": 1]
        flow.alerts = ["stale_prediction": 2]
        var model = FlowSnapshot.Model(id: "next_day")
        model.predicted = 5
        model.notPredicted = ["warm_up": 3]
        model.flagged = ["stale": 2]
        (model.outcomes, model.undefinedOutcomes, model.learned) = (4, 1, 3)
        var sink = FlowSnapshot.Sink(id: "keep")
        sink.offered = 8
        sink.delivered = 5
        sink.dropped = ["queue_full_oldest": 1]
        sink.refused = ["no_value": 1]
        sink.waiting = 1
        flow.models = [model]
        flow.sinks = [sink]
        var flush = Histogram()
        flush.record(.milliseconds(1))
        flow.calls = [.init(.flush, "keep"): flush]
        return flow
    }
}

private struct NoBars: EventStore {
    func store(_ entries: [StoreEntry]) async throws(PluginError) -> [Revision] { [] }
    func events<Event: MarketEvent>(
        _ type: Event.Type, _ query: EventQuery
    ) async throws(PluginError) -> [StoredEvent<Event>] { [] }
}

/// Prometheus' own checker of metrics.
private enum Promtool {
    /// Where it is, or `nil`.
    static var path: String? {
        let folders = getenv("PATH").map { String(cString: $0) } ?? ""
        return folders.split(separator: ":").map { "\($0)/promtool" }.first { access($0, X_OK) == 0 }
    }

    /// Runs `promtool check metrics` on a text.
    static func check(_ text: String, with path: String) throws -> (status: Int32, output: String) {
        let folder = FileManager.default.temporaryDirectory
        let input = folder.appending(path: "penstock-metrics-\(UUID().uuidString)")
        let output = folder.appending(path: "penstock-promtool-\(UUID().uuidString)")
        try Data(text.utf8).write(to: input)
        defer {
            try? FileManager.default.removeItem(at: input)
            try? FileManager.default.removeItem(at: output)
        }
        let status = system("'\(path)' check metrics < '\(input.path())' > '\(output.path())' 2>&1")
        return (status, String(decoding: try Data(contentsOf: output), as: UTF8.self))
    }
}
