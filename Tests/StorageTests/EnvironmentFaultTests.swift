import Foundation
import GRDB
import HostCore
import PluginKit
import SQLiteFile
import TestSupport
import Testing

@testable import HostStorage

@Suite struct EnvironmentFaultTests {
    let folder: TemporaryFolder
    let path: String
    let instruments = InstrumentTable()

    init() throws {
        folder = try TemporaryFolder()
        path = folder.file("penstock.db")
    }

    /// Stores ever more bars until it throws; returns how many were stored before, and the error.
    private func fill(_ database: StateDatabase) async throws -> (stored: Int, error: PluginError?) {
        let id = instruments.intern(apple)
        for batch in 0..<200 {
            let bars = makeBars(id, days: batch * 500..<(batch + 1) * 500)
            if let error = await fault({ try await database.store(bars, source: "a", timeframe: daily) }) {
                return (batch * 500, error)
            }
        }
        return (100_000, nil)
    }

    private func expectFull(_ database: StateDatabase) async throws {
        let (stored, error) = try await fill(database)
        #expect(error?.code == .environment)
        let message = error?.message ?? ""
        #expect(message.contains("'\(database.path)'") && message.contains("full") && message.contains("Free space"))
        #expect(stored > 0)
        let found = try await database.bars(of: apple, timeframe: daily, range: anyTime, limit: .max)
        #expect(found.count == stored)
    }

    @Test func losesNothingWhenTheFileMayNotGrow() async throws {
        let database = try StateDatabase(path: path, instruments: instruments)
        try await database.write { try $0.execute(sql: "PRAGMA max_page_count = 200") }
        try await expectFull(database)
        try await database.write { try $0.execute(sql: "PRAGMA max_page_count = 100000") }
        try await database.store(
            makeBars(instruments.intern(maotai), days: 0..<5_000), source: "a", timeframe: daily)
        #expect(try await database.bars(of: maotai, timeframe: daily, range: anyTime, limit: .max).count == 5_000)
    }

    @Test(.enabled(if: SmallDisk.isAvailable, "needs root and the right to mount a tmpfs"))
    func losesNothingOnAFullDisk() async throws {
        let disk = try #require(SmallDisk(size: "1m"))
        let file = disk.folder.file("penstock.db")
        let database = try StateDatabase(path: file, instruments: instruments)
        let (stored, error) = try await fill(database)
        #expect(error?.code == .environment)
        #expect(error?.message.contains("'\(file)'") == true)
        #expect(stored > 0)
        database.close()
        let again = try StateDatabase(path: file, instruments: instruments)
        #expect(try await again.bars(of: apple, timeframe: daily, range: anyTime, limit: .max).count == stored)
        again.close()
    }

    @Test func namesAnotherProcessThatHoldsTheFile() async throws {
        try StateDatabase(path: path, instruments: instruments).close()
        let other = try otherProgram(path)
        try await other.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; CREATE TABLE theirs (a); COMMIT")
        }
        let error = await fault {
            try StateDatabase.openOrSetAside(path: path, instruments: instruments, busyTimeout: .milliseconds(10))
        }
        #expect(error?.code == .environment)
        #expect(error?.message.contains("Another penstock uses this state folder") == true)
        try other.close()
        #expect(try StateDatabase.openOrSetAside(path: path, instruments: instruments).setAside == nil)
    }

    @Test func namesAnotherProcessThatWrites() async throws {
        let database = try StateDatabase(path: path, instruments: instruments, busyTimeout: .milliseconds(10))
        let other = try otherProgram(path)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let row = QuarantinedRow(
            pipeline: "p", provenance: Provenance(source: "s"), instrument: nil, time: nil, place: "", reason: "r",
            message: "m", raw: "")
        let error = await fault { try await database.quarantine([row]) }
        #expect(error?.code == .environment)
        #expect(error?.message.contains("Another penstock uses this state folder") == true)
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try await database.quarantine([row])
        #expect(try await database.quarantined(limit: 5) == [row])
    }

    @Test func namesAPathThatCannotBe() async throws {
        try Data().write(to: URL(fileURLWithPath: folder.file("file")))
        for path in [folder.file("file/penstock.db"), folder.file("file/a/b/penstock.db"), "/proc/none/penstock.db"] {
            let error = await fault { try StateDatabase(path: path, instruments: instruments) }
            #expect(error?.code == .environment)
            #expect(error?.message.hasPrefix("state database: '/") == true)
        }
        let error = await fault { try StateDatabase.openOrSetAside(path: folder.path, instruments: instruments) }
        #expect(error?.code == .environment)
    }

    @Test(arguments: [
        (ResultCode.SQLITE_READONLY, PluginError.Code.environment, "can only be read"),
        (.SQLITE_READONLY_DIRECTORY, .environment, "can only be read"),
        (.SQLITE_IOERR_WRITE, .environment, "dmesg"), (.SQLITE_IOERR_SHORT_READ, .corrupted, "shorter"),
        (.SQLITE_CORRUPT, .corrupted, "damaged"), (.SQLITE_NOTADB, .corrupted, "damaged"),
        (.SQLITE_FULL, .environment, "Free space"), (.SQLITE_INTERRUPT, .cancelled, "cancelled"),
        (.SQLITE_ERROR, .environment, "result code 1"),
    ]) func classifies(code: ResultCode, expected: PluginError.Code, words: String) {
        let error = StateDatabase.faults("/a/b").error(DatabaseError(resultCode: code))
        #expect(error.code == expected)
        #expect(error.message.contains(words))
    }

    @Test func letsOneInstanceIntoAFolder() async throws {
        let state = folder.file("var/state")
        var lock: InstanceLock? = try InstanceLock(stateFolder: state)
        #expect(lock != nil)
        let error = await fault { try InstanceLock(stateFolder: state) }
        #expect(error?.code == .environment)
        let number = ProcessInfo.processInfo.processIdentifier
        #expect(error?.message.contains("another penstock (process \(number))") == true)
        unlink("\(state)/lock")
        #expect(await fault { try InstanceLock(stateFolder: state) }?.code == .environment)
        #expect(InstanceLock.isHeld(stateFolder: state))
        lock = nil
        #expect(!InstanceLock.isHeld(stateFolder: state))
        _ = try InstanceLock(stateFolder: state)
        #expect(await fault { try InstanceLock(stateFolder: "/proc/none") }?.code == .environment)
    }
}

/// A connection that may keep a transaction open, as another program does.
private func otherProgram(_ path: String) throws -> DatabaseQueue {
    var configuration = GRDB.Configuration()
    configuration.allowsUnsafeTransactions = true
    return try DatabaseQueue(path: path, configuration: configuration)
}
