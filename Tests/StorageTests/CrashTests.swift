import Foundation
import HostCore
import HostStorage
import PluginKit
import TestSupport
import Testing

/// What a killed process leaves is the file and its log as they are at that instant; a copy of both is that state.
@Suite struct CrashTests {
    private func killedState(batches: Int) async throws -> TemporaryFolder {
        let folder = try TemporaryFolder()
        let instruments = InstrumentTable()
        let id = instruments.intern(apple)
        let database = try StateDatabase(path: folder.file("penstock.db"), instruments: instruments)
        for batch in 0..<batches {
            try await database.store(
                makeBars(id, days: batch * 10..<(batch + 1) * 10), source: "a", timeframe: daily)
        }
        let copy = try TemporaryFolder()
        for ending in ["", "-wal"] {
            try FileManager.default.copyItem(
                atPath: folder.file("penstock.db\(ending)"), toPath: copy.file("penstock.db\(ending)"))
        }
        database.close()
        return copy
    }

    private func count(_ folder: TemporaryFolder) async throws -> Int {
        let database = try StateDatabase(path: folder.file("penstock.db"), instruments: InstrumentTable())
        defer { database.close() }
        return try await database.bars(of: apple, timeframe: daily, range: anyTime, limit: .max).count
    }

    @Test func keepsEveryFinishedTransaction() async throws {
        #expect(try await count(killedState(batches: 20)) == 200)
    }

    @Test(arguments: [1, 13, 4_000, 9_000]) func dropsOnlyTheTornEndOfTheLog(cut: Int) async throws {
        let folder = try await killedState(batches: 20)
        let log = folder.file("penstock.db-wal")
        let bytes = try Data(contentsOf: URL(fileURLWithPath: log))
        try bytes.prefix(bytes.count - cut).write(to: URL(fileURLWithPath: log))
        let found = try await count(folder)
        #expect(found % 10 == 0)
        #expect((100..<200).contains(found))
    }
}
