import FoundationEssentials
import Glibc
import TestSupport
import Testing

/// A collector that reads traces by OpenTelemetry's own messages, in the environment that `scripts/test-servers.sh` makes.
private enum Collector {
    static let python: String? = {
        let folder = "\(Repository.root)/.venv-servers"
        let isThere = Repository.names(in: ".venv-servers/lib").contains {
            Files.exists("\(folder)/lib/\($0)/site-packages/opentelemetry/proto")
        }
        return isThere ? "\(folder)/bin/python3" : nil
    }()

    /// Starts it in a sandbox, as long as the child is held; the first requests are answered with the statuses.
    static func start(_ box: Sandbox, _ statuses: String...) async throws -> (Child, UInt16) {
        let script = "\(Program.repository)/Tests/Fixtures/Traces/collector.py"
        let child = try box.start(["-B", script, "spans.ndjson"] + statuses, program: try #require(python))
        return (child, try await child.port())
    }
}

/// Traces of deliveries, sent to a collector that reads them by OpenTelemetry's own messages.
@Suite(.enabled(if: Collector.python != nil, "no opentelemetry-proto (scripts/test-servers.sh)"))
struct TraceTests {
    private struct Span: Decodable {
        let trace: String
        let span: String
        let parent: String
        let name: String
        let start: UInt64
        let end: UInt64
        let service: String
        let token: String?
        let rows: Int?
        let delivery: Int

        enum CodingKeys: String, CodingKey {
            case trace, span, parent, name, start, end, service, token
            case rows = "penstock.rows"
            case delivery = "penstock.delivery"
        }
    }

    private static func spans(_ box: Sandbox) throws -> [Span] {
        try box.text("spans.ndjson").split(separator: "\n").map {
            try JSONDecoder().decode(Span.self, from: Data($0.utf8))
        }
    }

    @Test func aDeliveryIsOneTreeFromProviderToSink() async throws {
        try await Sandbox.with { box in
            let (collector, port) = try await Collector.start(box)
            defer { withExtendedLifetime(collector) {} }
            try box.edit(
                "state: var }",
                "state: var, traces: { endpoint: \"http://127.0.0.1:\(port)\", every: 2, headers: { Authorization: \"${env:TOKEN}\" } } }"
            )
            let run = try await box.run("run", "--once", environment: ["TOKEN": "Bearer abc"])
            #expect(run.code == 0, "\(run.err)")
            let spans = try Self.spans(box)
            #expect(!spans.isEmpty && spans.allSatisfy { $0.service == "penstock" && $0.token == "Bearer abc" })
            #expect(!run.out.contains("Bearer abc") && !run.err.contains("Bearer abc"))
            // The first, and then every second.
            #expect(Set(spans.map(\.delivery)).allSatisfy { $0 == 1 || $0 % 2 == 0 })
            for (_, tree) in Dictionary(grouping: spans, by: \.trace) {
                let ids = Set(tree.map(\.span))
                #expect(ids.count == tree.count && Set(tree.map(\.delivery)).count == 1)
                #expect(tree.filter { $0.parent.isEmpty }.map(\.name) == ["provider history"])
                #expect(tree.allSatisfy { $0.parent.isEmpty || ids.contains($0.parent) })
                #expect(tree.allSatisfy { $0.start <= $0.end && $0.trace.count == 32 && $0.span.count == 16 })
            }
            let names = Set(spans.map(\.name))
            let wanted: Set<String> = [
                "provider history", "delivery", "queue", "stage quality", "stage features", "model next_day", "store",
                "sink keep write", "sink keep flush",
            ]
            #expect(wanted.isSubset(of: names), "\(names.sorted())")
        }
    }

    @Test func aCollectorThatIsBusyIsAskedAgain() async throws {
        try await Sandbox.with { box in
            let (collector, port) = try await Collector.start(box, "503", "429")
            defer { withExtendedLifetime(collector) {} }
            try box.edit("state: var }", "state: var, traces: { endpoint: \"http://127.0.0.1:\(port)\", every: 1 } }")
            let service = try await box.service()
            try await eventually("the collector has spans") { try Self.spans(box).isEmpty ? nil : true }
            let text = try await eventually("spans count as exported") { () -> String? in
                let text = try HTTP.get("/metrics", port: service.port).text
                return text.contains(#/penstock_trace_spans_total\{outcome="exported"\} [1-9]/#) ? text : nil
            }
            #expect(text.contains("penstock_trace_spans_total{outcome=\"failed\"} 0\n"))
            #expect(
                service.child.err.contains("the collector does not take spans")
                    || service.child.out.contains("the collector does not take spans"))
            #expect(try await service.stop() == 0)
        }
    }

    @Test func aCollectorThatIsAwayHoldsNothingBack() async throws {
        try await Sandbox.with { box in
            // Nobody listens on port 9 of this machine.
            try box.edit("state: var }", "state: var, traces: { endpoint: \"http://127.0.0.1:9\", every: 1 } }")
            let run = try await box.run("run", "--once")
            #expect(run.code == 0, "\(run.err)")
            #expect((run.out + run.err).contains("traces: the collector does not take spans"), "\(run.out)\(run.err)")
        }
    }

    @Test func anAddressThatIsNoneIsAFaultOfTheManifest() async throws {
        try await Sandbox.with { box in
            try box.edit("state: var }", "state: var, traces: { endpoint: collector } }")
            let run = try await box.run("run", "--once")
            #expect(
                run.code == 2 && run.err.contains("'traces.endpoint' is 'collector', which is no address"), "\(run.err)"
            )
        }
    }
}
