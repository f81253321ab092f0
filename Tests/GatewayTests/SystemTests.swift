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

    @Test func systemHealthNamesEachInstanceWithItsMessage() async throws {
        let host = TestHost.filled()
        host.board.set(.sink, "keep", .failed, "sink/keep: the disk is full at 'var/penstock.db'. Make room.")
        try await withGateway(host) { server in
            let json = try await server.get("/api/v2/system/health").json
            #expect(json["status"] == "degraded")
            #expect(json["instances"]?.count == 2)
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
