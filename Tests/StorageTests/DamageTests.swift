import Foundation
import GRDB
import HostCore
import HostStorage
import PluginKit
import Synchronization
import TestSupport
import Testing

@Suite struct DamageTests {
    let folder: TemporaryFolder
    let path: String

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("penstock.db")
    }

    private func open(_ instruments: InstrumentTable = InstrumentTable()) throws -> StateDatabase {
        try StateDatabase(path: path, instruments: instruments)
    }

    /// A closed database with bars; more than one mebibyte where `days` is large.
    private func fill(days: Int = 2_000) async throws {
        let instruments = InstrumentTable()
        let database = try open(instruments)
        try await database.store(
            makeBars(instruments.intern(apple), days: 0..<days), source: "history", timeframe: daily)
        database.close()
    }

    private func bytes() throws -> [UInt8] { Array(try Data(contentsOf: URL(fileURLWithPath: path))) }

    private func write(_ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }

    private func openFault() async -> PluginError? { await fault { try open() } }

    @Test func namesAFileThatIsNoDatabase() async throws {
        try write(Array(String(repeating: "a text, not a database. ", count: 20).utf8))
        let error = await openFault()
        #expect(error?.code == .corrupted)
        let message = error?.message ?? ""
        #expect(message.hasPrefix("state database: '\(path)' is damaged"))
        #expect(message.contains("moved aside"))
    }

    @Test(arguments: [2_000, 40_000], [0.5, 0.99]) func namesATruncatedFile(days: Int, part: Double) async throws {
        try await fill(days: days)
        let whole = try bytes()
        try write(Array(whole.prefix(Int(Double(whole.count) * part))))
        #expect(await openFault()?.code == .corrupted)
    }

    @Test func namesAFileCutToNothingBesideItsLog() async throws {
        let instruments = InstrumentTable()
        let database = try open(instruments)
        try await database.store(makeBars(instruments.intern(apple), days: 0..<10), source: "a", timeframe: daily)
        let other = try TemporaryFolder()
        try Data().write(to: URL(fileURLWithPath: other.file("penstock.db")))
        try FileManager.default.copyItem(atPath: path + "-wal", toPath: other.file("penstock.db-wal"))
        let log = try Data(contentsOf: URL(fileURLWithPath: other.file("penstock.db-wal")))
        let opened = try StateDatabase.openOrSetAside(
            path: other.file("penstock.db"), instruments: InstrumentTable())
        #expect(opened.setAside?.cause.message.contains("no bytes") == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: other.file("penstock.db.damaged-1-wal"))) == log)
    }

    @Test func takesAnEmptyFileForANewOne() async throws {
        try write([])
        #expect(try await open().quarantined(limit: 1).isEmpty)
    }

    @Test func movesADamagedFileAsideAndBeginsANewOne() async throws {
        try await fill(days: 10)
        for round in 1...2 {
            let damaged = Array(repeating: UInt8(round), count: 5_000)
            try write(damaged)
            let opened = try StateDatabase.openOrSetAside(path: path, instruments: InstrumentTable())
            let kept = folder.file("penstock.db.damaged-\(round)")
            #expect(opened.setAside?.keptAs == kept)
            #expect(opened.setAside?.message.contains(kept) == true)
            #expect(opened.setAside?.cause.code == .corrupted)
            #expect(try Array(Data(contentsOf: URL(fileURLWithPath: kept))) == damaged)
            #expect(try await opened.database.quarantined(limit: 1).isEmpty)
            opened.database.close()
        }
        #expect(try StateDatabase.openOrSetAside(path: path, instruments: InstrumentTable()).setAside == nil)
    }

    @Test func leavesTheFileOfAnotherProgramAlone() async throws {
        let other = try DatabaseQueue(path: path)
        try await other.write { try $0.execute(sql: "CREATE TABLE theirs (a)") }
        try other.close()
        let before = try bytes()
        let error = await fault { try StateDatabase.openOrSetAside(path: path, instruments: InstrumentTable()) }
        #expect(error?.code == .environment)
        #expect(error?.message.contains("another program") == true)
        #expect(try bytes() == before)
    }

    @Test func leavesTheFileOfANewerPenstockAlone() async throws {
        try await fill(days: 1)
        let other = try DatabaseQueue(path: path)
        try await other.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('v999')") }
        try other.close()
        let error = await fault { try StateDatabase.openOrSetAside(path: path, instruments: InstrumentTable()) }
        #expect(error?.code == .environment)
        #expect(error?.message.contains("newer penstock") == true)
    }

    /// Damage anywhere ends in data or in a classified error, never in a crash.
    @Test(arguments: 0..<60) func survivesFlippedBytes(seed: Int) async throws {
        try await fill(days: 300)
        var damaged = try bytes()
        var random = SeededGenerator(seed: UInt64(seed))
        for _ in 0..<(1 + seed % 8) * 4 {
            let limit = seed % 3 == 0 ? 512 : damaged.count
            damaged[Int.random(in: 0..<limit, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        try write(damaged)
        let error = await fault {
            let database = try open()
            defer { database.close() }
            _ = try await database.bars(of: apple, timeframe: daily, range: anyTime, limit: .max)
            _ = try await database.quarantined(limit: 10)
            _ = try await database.artifact(model: "m", for: "main", configurationDigest: "c", dataDigest: "d")
            try await database.quarantine([])
        }
        if let error { #expect([.corrupted, .environment].contains(error.code)) }
    }

    /// Overwrites pages in the middle of the file, as a bad disk does.
    private func overwritePages(_ bytes: inout [UInt8]) {
        for page in [bytes.count / 4096 / 2, bytes.count / 4096 / 2 + 1] {
            for offset in 0..<4096 { bytes[page * 4096 + offset] = UInt8(truncatingIfNeeded: offset &* 31 &+ page) }
        }
    }

    @Test func aStartSetsAsideAFileWithOverwrittenPages() async throws {
        try await fill(days: 60_000)
        var whole = try bytes()
        overwritePages(&whole)
        try write(whole)
        let opened = try StateDatabase.openOrSetAside(path: path, instruments: InstrumentTable())
        #expect(opened.setAside != nil)
        opened.database.close()
    }

    @Test func doctorFindsOverwrittenPages() async throws {
        try await fill(days: 60_000)
        #expect(StateDatabase.examine(path: path, for: .seconds(30)) == nil)
        var whole = try bytes()
        overwritePages(&whole)
        try write(whole)
        #expect(StateDatabase.examine(path: path, for: .seconds(30))?.code == .corrupted)
    }

    @Test func damageFoundWhileItRunsIsToldAndSetAsideByTheNextStart() async throws {
        try await fill(days: 60_000)
        let instruments = InstrumentTable()
        let database = try open(instruments)
        let told = Mutex<[PluginError]>([])
        database.whenDamaged { error in told.withLock { $0.append(error) } }
        var whole = try bytes()
        overwritePages(&whole)
        try write(whole)
        for _ in 0..<2 {
            _ = await fault {
                _ = try await database.bars(of: apple, timeframe: daily, range: .min ... .max, limit: 60_000)
            }
        }
        #expect(told.withLock { $0.map(\.code) } == [.corrupted])
        database.close()
        let opened = try StateDatabase.openOrSetAside(path: path, instruments: InstrumentTable())
        #expect(opened.setAside?.cause.message.contains("an earlier run found") == true)
        opened.database.close()
    }
}
