import HostCore
import HostStorage
import PluginKit
import Synchronization
import TestSupport
import Testing

@Suite struct RetentionTests {
    private final class TestClock: Sendable {
        private let time = Mutex<Int64>(0)
        var now: Int64 { time.withLock { $0 } }
        func set(_ now: Int64) { time.withLock { $0 = now } }
    }

    let folder: TemporaryFolder
    private let clock = TestClock()

    init() throws { folder = try TemporaryFolder() }

    private func open(_ instruments: InstrumentTable) throws -> StateDatabase {
        let clock = clock
        return try StateDatabase(path: folder.file("penstock.db"), instruments: instruments, now: { clock.now })
    }

    private func row(_ number: Int) -> QuarantinedRow {
        QuarantinedRow(
            pipeline: "main", provenance: Provenance(source: "s"), instrument: "A.US", time: nil,
            place: "a.csv:\(number)", reason: "bad",
            message: "m", raw: "r")
    }

    private func sweep(_ retention: Retention, _ rules: RetentionRules) async throws {
        for _ in 0..<100 where try await !retention.step(rules) { return }
    }

    @Test func removesRefusedRowsByAgeAndNumber() async throws {
        let database = try open(InstrumentTable())
        try await database.quarantine((0..<3_000).map(row))
        clock.set(100)
        try await database.quarantine((3_000..<6_000).map(row))
        let retention = Retention(database)
        try await sweep(retention, RetentionRules(quarantineAge: nil, quarantineRows: 5_000, versionAge: nil))
        #expect(retention.removed.quarantine == 1_000)
        clock.set(150)
        try await sweep(retention, RetentionRules(quarantineAge: 60, versionAge: nil))
        #expect(retention.removed.quarantine == 3_000)
        #expect(try await database.quarantined(limit: 10_000).count == 3_000)
        database.close()
    }

    @Test func removesVersionsThatWereReplacedLongAgo() async throws {
        let instruments = InstrumentTable()
        let id = instruments.intern(apple)
        let database = try open(instruments)
        var bars = makeBars(id, days: 0..<25_000)
        try await database.store(bars, source: "s", timeframe: daily)
        clock.set(100)
        for index in bars.indices { bars[index].volume += 1 }
        try await database.store(bars, source: "s", timeframe: daily)
        clock.set(1_000)
        bars[7].volume += 1
        try await database.store([bars[7]], source: "s", timeframe: daily)
        let retention = Retention(database)
        try await sweep(retention, RetentionRules(quarantineAge: nil, versionAge: 500))
        #expect(retention.removed.versions == 25_000)
        let versions = try await database.versions(of: apple, timeframe: daily, at: bars[7].time)
        #expect(versions.map(\.version) == [2, 3])
        #expect(try await database.versions(of: apple, timeframe: daily, at: bars[8].time).map(\.version) == [2])
        database.close()
    }
}
