import HostCore
import HostStorage
import PluginKit
import TestSupport
import Testing

/// What the risk service must not forget.
@Suite struct RiskStoreTests {
    private func alert(_ id: Int64, _ state: AlertState = .open) -> RiskAlert {
        RiskAlert(
            id: id, rule: "gross_exposure", instrument: "AAPL.US", subject: "", openedAt: id, limitsVersion: 1,
            severity: .warning, state: state, value: 2, limit: 1, message: "too much", changedAt: id + 1,
            acknowledgedBy: state == .acknowledged ? "ann" : "")
    }

    private func withStore(_ body: (StateDatabase, String) async throws -> Void) async throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/penstock.db"
        let store = try StateDatabase(path: path, instruments: InstrumentTable())
        defer { store.close() }
        try await body(store, path)
    }

    @Test func changesAndTheAlertsAfterThemAreKept() async throws {
        try await withStore { store, _ in
            #expect(try await store.lastNumbers() == (0, 0))
            #expect(try await store.told("duty") == 0)
            try await store.keep([
                AlertChange(number: 1, event: .opened, alert: alert(1)),
                AlertChange(number: 2, event: .acknowledged, alert: alert(1, .acknowledged), isSilent: true),
                AlertChange(number: 3, event: .opened, alert: alert(2)),
            ])
            #expect(try await store.lastNumbers() == (2, 3))
            #expect(try await store.alerts([], limit: 10) == [alert(2), alert(1, .acknowledged)])
            #expect(try await store.alerts([.open], limit: 10).map(\.id) == [2])
            let told = try await store.changes(after: 0, limit: 10)
            #expect(told.map(\.number) == [1, 3], "what fell into a silence is not told")
            #expect(told[0].alert.state == .open, "as it was then")
            try await store.keep([])
        }
    }

    @Test func aSinkIsToldFromWhereItStands() async throws {
        try await withStore { store, path in
            _ = try await store.told("early")
            try await store.keep([AlertChange(number: 1, event: .opened, alert: alert(1))])
            #expect(try await store.told("late") == 1, "what was before it came is not told")
            #expect(try await store.told("early") == 0)
            try await store.note("early", told: 1)
            store.close()
            let again = try StateDatabase(path: path, instruments: InstrumentTable())
            defer { again.close() }
            #expect(try await again.told("early") == 1)
        }
    }

    @Test func limitsHaveANewVersionWhereTheyDiffer() async throws {
        try await withStore { store, _ in
            var versions: [Int] = []
            for text in ["a", "a", "b", "a"] { versions.append(try await store.version(ofLimits: text)) }
            #expect(versions == [1, 1, 2, 3])
        }
    }

    @Test func textsAndFillsAreKeptOnce() async throws {
        try await withStore { store, _ in
            #expect(try await store.riskText("account") == nil)
            try await store.keep(riskText: "1", as: "account")
            try await store.keep(riskText: "2", as: "account")
            #expect(try await store.riskText("account") == "2")
            let (first, second) = (try await store.note(fill: "f1"), try await store.note(fill: "f1"))
            #expect(first && !second)
        }
    }
}
