import HostCore
import PluginKit
import TestSupport
import Testing

@testable import HostGateway

@Suite struct SystemTests {
    @Test(arguments: [
        (InstanceState.ok, InstanceState.ok, "ok", 200), (.ok, .degraded, "degraded", 200),
        (.ok, .failed, "degraded", 200), (.degraded, .ok, "degraded", 200), (.failed, .ok, "failed", 503),
        (.starting, .ok, "starting", 200), (.ok, .draining, "draining", 503), (.ok, .disabled, "ok", 200),
        (.stopped, .ok, "ok", 200),
    ])
    func healthFollowsTheInstances(provider: InstanceState, sink: InstanceState, word: String, status: Int) async throws
    {
        let host = TestHost.filled()
        host.board.set(.provider, "history", provider)
        host.board.set(.sink, "keep", sink)
        try await withGateway(host) { server in
            let answer = try await server.get("/health")
            #expect(answer.status == status)
            #expect(answer.body == #"{"status":"\#(word)"}"#)
            let detailed = try await server.get("/api/v2/system/health")
            #expect(detailed.status == status)
        }
    }

    @Test(arguments: [
        (InstanceState.starting, 0, "pipeline/main: it is starting."), (.ok, 0, "pipeline/main: no bar has come yet."),
        (.degraded, 0, "pipeline/main: no bar has come yet."), (.ok, 1, ""), (.degraded, 1, ""), (.stopped, 0, ""),
        (.failed, 0, ""),
    ])
    func isReadyOnceEachPipelineHasServedOrEnded(state: InstanceState, accepted: Int, waiting: String) async throws {
        let host = TestHost.filled()
        host.board.register(.pipeline, "main", state: state)
        var flow = FlowSnapshot(pipeline: "main")
        flow.accepted = accepted
        host.flows.set([flow])
        try await withGateway(host) { server in
            let answer = try await server.get("/health/ready")
            #expect(answer.status == (waiting.isEmpty ? 200 : 503))
            #expect(answer.headers["retry-after"] == (waiting.isEmpty ? nil : "1"))
            #expect(try answer.json["waiting"] == .array(waiting.isEmpty ? [] : [.text(waiting)]))
            let live = try await server.get("/health/live")
            #expect(live.status == 200)
        }
    }

    @Test func isNotReadyWithoutAProviderThatWorks() async throws {
        let host = TestHost.filled()
        host.board.set(.provider, "history", .failed)
        try await withGateway(host) { server in
            let answer = try await server.get("/health/ready")
            #expect(answer.status == 503)
            #expect(try answer.json["status"] == "failed")
        }
    }

    @Test(arguments: [
        "/api/v2/stocks/quotes?symbols=AAPL", "/api/v2/stocks/quotes?symbols=IBM", "/api/v2/stocks/AAPL/historical",
        "/api/v2/ai/predictions", "/api/v2/ai/predictions?symbols=AAPL", "/api/v2/ai/models/next_day/status",
    ])
    func dataThatIsNotThereYetIs503WhileTheHostStarts(path: String) async throws {
        let host = TestHost()
        try await withGateway(host) { server in
            let answer = try await server.get(path)
            #expect(answer.status == 503)
            #expect(answer.headers["retry-after"] == "1")
            #expect(try answer.json["error"]?["code"] == "starting")
        }
        host.board.register(.pipeline, "main", state: .stopped)
        try await withGateway(host) { server in
            let answer = try await server.get(path)
            #expect(answer.status == (path == "/api/v2/ai/predictions" ? 200 : 404))
        }
    }

    @Test func systemHealthNamesEachInstanceWithItsMessage() async throws {
        let host = TestHost.filled()
        host.board.set(.sink, "keep", .failed, "sink/keep: the disk is full at 'var/penstock.db'. Make room.")
        try await withGateway(host) { server in
            let json = try await server.get("/api/v2/system/health").json
            #expect(json["status"] == "degraded")
            #expect(json["instances"]?.count == 3)
            let sink = json["instances"]?[1]
            #expect(sink?["kind"] == "sink")
            #expect(sink?["state"] == "failed")
            #expect(sink?["message"]?.text?.contains("disk is full") == true)
            #expect(sink?["since"] == "2013-03-28T20:00:00Z")
        }
    }

    @Test func statusShowsVersionInstancesModelsAndCounters() async throws {
        let host = TestHost.filled()
        host.flows.set([Self.flow])
        try await withGateway(host) { server in
            let json = try await server.get("/api/v2/system/status").json
            #expect(json["version"] == "0.1.0")
            #expect(json["started_at"] == "2013-03-28T20:00:00Z")
            #expect(json["instruments"] == ["AAPL.US", "600519.SH"])
            #expect(json["models"]?[0]?["state"] == "serving")
            let pipeline = json["pipelines"]?[0]
            #expect(pipeline?["received"] == 10)
            #expect(pipeline?["rejected"]?["high_below_low"] == 2)
            #expect(pipeline?["models"]?[0]?["not_predicted"]?["warm_up"] == 3)
            #expect(pipeline?["sinks"]?[0]?["delivered"] == 7)
        }
    }

    @Test func metricsAreJSONAndPrometheusText() async throws {
        let host = TestHost.filled()
        host.flows.set([Self.flow])
        try await withGateway(host) { server in
            _ = try await server.get("/health")
            _ = try await server.get("/nowhere")
            let json = try await server.get("/api/v2/system/metrics").json
            #expect(json["pipelines"]?[0]?["accepted"] == 8)
            #expect(json["http_requests"]?[0]?["route"] == "/health")
            #expect(json["http_requests"]?[1]?["route"] == "unknown")
            #expect(json["websocket"]?["subscribers"]?["/ws/enhanced"] == 0)
            let text = try await server.get("/metrics")
            #expect(text.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8")
            #expect(text.body.hasSuffix("up 1\n"))
        }
    }

    @Test func pluginsAreListedWithTheirOptionsAndInstances() async throws {
        try await withGateway { server in
            let json = try await server.get("/api/v2/plugins").json
            let plugin = json["plugins"]?[0]
            #expect(plugin?["id"] == "indicator/rsi")
            #expect(plugin?["options"]?[0]?["name"] == "period")
            #expect(plugin?["options"]?[0]?["type"] == "integer 2...100000")
            #expect(plugin?["options"]?[0]?["default"] == 14)
            #expect(plugin?["outputs"]?[0]?["unit"] == "0...100")
            #expect(json["instances"]?[0]?["plugin"] == "local_history")
        }
    }

    private static var flow: FlowSnapshot {
        var flow = FlowSnapshot(pipeline: "main")
        flow.received = 10
        flow.accepted = 8
        flow.rejected = ["high_below_low": 2]
        var model = FlowSnapshot.Model(id: "next_day")
        model.predicted = 5
        model.notPredicted = ["warm_up": 3]
        var sink = FlowSnapshot.Sink(id: "keep")
        sink.offered = 8
        sink.delivered = 7
        sink.waiting = 1
        flow.models = [model]
        flow.sinks = [sink]
        return flow
    }
}
