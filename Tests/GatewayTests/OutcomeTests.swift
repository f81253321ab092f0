import HostCore
import PluginKit
import Synchronization
import TestSupport
import Testing

@testable import HostGateway

/// Outcomes in memory that answer every query, and note it.
final class MemoryOutcomes: OutcomeStore {
    let asked = Mutex<[OutcomeQuery]>([])
    private let rows: [StoredOutcome]
    private let stored: [StoredPrediction]

    init(_ rows: [StoredOutcome], _ stored: [StoredPrediction] = []) { (self.rows, self.stored) = (rows, stored) }

    func predictions(
        knownAfter places: [OutcomePlace], before: Int
    ) async throws(PluginError) -> [[KeptPrediction]] { places.map { _ in [] } }
    func firstOutcomes(_ keys: [OutcomeKey]) async throws(PluginError) -> [Int64?] { keys.map { _ in nil } }
    func learned(
        through places: [OutcomePlace], fit: String
    ) async throws(PluginError) -> [LearnedState?] { places.map { _ in nil } }
    func outcomes(_ query: OutcomeQuery) async throws(PluginError) -> [StoredOutcome] {
        asked.withLock { $0.append(query) }
        return rows
    }
    func predictions(_ query: OutcomeQuery, offset: Int) async throws(PluginError) -> [StoredPrediction] {
        asked.withLock { $0.append(query) }
        return Array(stored.dropFirst(offset).prefix(query.limit))
    }
}

@Suite struct OutcomeTests {
    private func host() -> (TestHost, MemoryOutcomes) {
        var host = TestHost.filled()
        let aapl = Instrument(code: "AAPL", venue: "US")
        let outcomes = MemoryOutcomes([
            StoredOutcome(
                pipeline: "main", timeframe: "1d", instrument: aapl,
                outcome: Outcome(
                    time: TestHost.lastClose, model: "next_day", predictedAt: TestHost.lastClose - TestHost.day,
                    horizon: 1, value: 0.0125, actual: -0.5, instrument: host.instruments.intern(aapl),
                    flags: [.stale]))
        ])
        host.outcomes = outcomes
        return (host, outcomes)
    }

    @Test func answersWhatBecameOfPredictions() async throws {
        let (host, outcomes) = host()
        try await withGateway(host) { server in
            let answer = try await server.get(
                "/api/v2/ai/outcomes?model=next_day&symbols=AAPL&pipeline=main&from=2013-03-01&to=2013-03-28&limit=5")
            #expect(answer.status == 200)
            let json = try answer.json
            #expect(json["count"] == 1)
            let row = json["outcomes"]?[0]
            #expect(row?["instrument"] == "AAPL.US" && row?["model"] == "next_day" && row?["pipeline"] == "main")
            #expect(row?["time"] == "2013-03-28T20:00:00Z" && row?["predicted_at"] == "2013-03-27T20:00:00Z")
            #expect(row?["value"] == 0.0125 && row?["actual"] == -0.5 && row?["error"] == 0.5125)
            #expect(row?["horizon"] == 1 && row?["flags"]?[0] == "stale")
        }
        let asked = outcomes.asked.withLock { $0.last }
        #expect(asked?.model == "next_day" && asked?.pipeline == "main" && asked?.limit == 5)
        #expect(asked?.instruments.map(\.description) == ["AAPL.US"])
        #expect(asked?.range == 1_362_096_000_000_000_000...1_364_515_199_999_999_999)
    }

    @Test(arguments: [
        ("?symbols=NOSUCH", 404, "unknown_symbol"), ("?limit=0", 400, "bad_parameter"),
        ("?from=2013-04-01&to=2013-03-01", 400, "bad_parameter"), ("?horizon=1", 400, "unknown_parameter"),
    ])
    func refusesWhatMakesNoSense(query: String, status: Int, code: String) async throws {
        try await withGateway(host().0) { server in
            let answer = try await server.get("/api/v2/ai/outcomes\(query)")
            #expect(answer.status == status)
            #expect(try answer.json["error"]?["code"] == .text(code))
        }
    }

    @Test func anUnknownModelWithoutOutcomesIsNotFound() async throws {
        var host = TestHost.filled()
        host.outcomes = MemoryOutcomes([])
        let empty = host
        try await withGateway(empty) { server in
            let unknown = try await server.get("/api/v2/ai/outcomes?model=nope")
            #expect(unknown.status == 404)
            let none = try await server.get("/api/v2/ai/outcomes?model=next_day").json["count"]
            #expect(none == 0)
        }
    }
}
