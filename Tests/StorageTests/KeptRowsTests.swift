import HostCore
import HostStorage
import PluginKit
import TestSupport
import Testing

@Suite struct KeptRowsTests {
    let folder: TemporaryFolder
    let database: StateDatabase

    init() throws {
        folder = try TemporaryFolder()
        database = try StateDatabase(path: folder.file("a/b/penstock.db"), instruments: InstrumentTable())
    }

    private func row(_ raw: String, reason: String = "high_below_low", time: Int64? = 5) -> QuarantinedRow {
        QuarantinedRow(
            pipeline: "main", provenance: Provenance(source: "history"), instrument: "AAPL.US", time: time,
            place: "AAPL.csv:17",
            reason: reason, message: "high 1 is below low 2", raw: raw)
    }

    @Test func keepsARefusedRowOnce() async throws {
        try await database.quarantine([row("x"), row("x"), row("y", time: nil)])
        try await database.quarantine([row("x"), row("x", reason: "duplicate")])
        let found = try await database.quarantined(limit: 10)
        #expect(found == [row("x", reason: "duplicate"), row("y", time: nil), row("x")])
        #expect(try await database.quarantined(limit: 1).count == 1)
    }

    @Test func neverMovesAWatermarkBack() async throws {
        let key = WatermarkKey(pipeline: "main", sink: "keep", digest: "d1")
        #expect(try await database.watermarks(key).isEmpty)
        func mark(_ time: Int64, _ count: UInt32 = 1) -> EventMark { EventMark(time: time, count: count) }
        try await database.advance([key: [apple: mark(10, 3), maotai: mark(20)]])
        try await database.advance([key: [apple: mark(10, 2), maotai: mark(20, 7)]])
        #expect(try await database.watermarks(key) == [apple: mark(10, 3), maotai: mark(20, 7)])
        try await database.advance([key: [apple: mark(5), maotai: mark(25)]])
        #expect(try await database.watermarks(key) == [apple: mark(10, 3), maotai: mark(25)])
        #expect(try await database.watermarks(WatermarkKey(pipeline: "main", sink: "keep", digest: "d2")).isEmpty)
    }

    @Test func callsAfterCloseThrow() async throws {
        database.close()
        database.close()
        let reading = await fault { try await database.quarantined(limit: 1) }
        let writing = await fault { try await database.quarantine([row("x")]) }
        #expect(reading?.code == .environment)
        #expect(writing?.code == .environment)
    }
}
