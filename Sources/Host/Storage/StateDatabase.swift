import CivilTime
import GRDB
package import HostCore
package import PluginKit
import SQLiteFile
import Synchronization

/// Everything the host keeps between runs, in one SQLite file: events with their versions, quarantine, watermarks,
/// fitted models.
///
/// One connection writes, a second one reads, so a query never waits for a write. Each call is one transaction and
/// waits for the disk (`synchronous = FULL`): what it stored survives a power cut. A call that throws stored nothing.
/// The file is for one process; take an `InstanceLock` on its folder first.
package final class StateDatabase: Sendable {
    /// The file.
    package let path: String
    let instruments: InstrumentTable
    let now: @Sendable () -> Int64
    let faults: DatabaseFaults
    let numbers = Mutex(Numbers())
    private let damage = Mutex<PluginError?>(nil)
    private let onDamage = Mutex<(@Sendable (PluginError) -> Void)?>(nil)
    private let file: DatabaseFile
    private let writer: DatabaseQueue
    private let reader = Mutex(Reader())

    /// The connection that reads; opened when it is first needed.
    private struct Reader {
        var queue: DatabaseQueue?
        var isClosed = false
    }

    /// Opens the file, creating it and its folder where they are missing; takes milliseconds for an existing one.
    ///
    /// - Parameters:
    ///   - path: the file, `<host.state>/penstock.db`.
    ///   - instruments: gives numbers to the instruments of stored bars.
    ///   - busyTimeout: how long to wait for another process that holds the file.
    ///   - now: the clock that dates stored rows, nanoseconds since the Unix epoch, UTC.
    /// - Throws: `.corrupted` for a damaged file (see `openOrSetAside`), `.environment` for one that cannot be used.
    package convenience init(
        path: String, instruments: InstrumentTable, busyTimeout: Duration = .seconds(2),
        now: @escaping @Sendable () -> Int64 = { WallClock.now() }
    ) throws(PluginError) {
        try self.init(path, instruments, busyTimeout, now) { file throws(PluginError) in
            try file.open(StateSchema.migrator)
        }
    }

    /// Opens the file of a process that has it open, for short changes of single rows: nothing is made, checked or brought up
    /// to date. Throws `.environment` where its tables are not those of this version.
    package convenience init(beside path: String, instruments: InstrumentTable) throws(PluginError) {
        try self.init(path, instruments, .seconds(2), { WallClock.now() }) { file throws(PluginError) in
            try file.openBeside(StateSchema.migrator)
        }
    }

    private init(
        _ path: String, _ instruments: InstrumentTable, _ busyTimeout: Duration, _ now: @escaping @Sendable () -> Int64,
        _ open: (DatabaseFile) throws(PluginError) -> DatabaseQueue
    ) throws(PluginError) {
        self.path = path
        self.instruments = instruments
        self.now = now
        faults = Self.faults(path)
        file = DatabaseFile(
            faults: faults, applicationID: StateSchema.applicationID, durability: .everyTransaction,
            busyTimeout: busyTimeout, keepsBackup: true)
        writer = try open(file)
    }

    /// Closes both connections; later calls throw. Called again it does nothing.
    package func close() {
        // What cannot be closed now is closed by the system when the process ends; the file is whole either way.
        reader.withLock { reader in
            try? reader.queue?.close()
            reader = Reader(isClosed: true)
        }
        try? writer.close()
    }

    /// Size of the file with its log, bytes.
    package var size: Int { DatabaseFile.size(path) + DatabaseFile.size(path + "-wal") }

    func write<Result: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws(PluginError) -> Result {
        do { return try await writer.write(body) } catch { throw noted(faults.error(error)) }
    }

    func read<Result: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws(PluginError) -> Result {
        let queue = try openedReader()
        do { return try await queue.read(body) } catch { throw noted(faults.error(error)) }
    }

    /// Returns what `body` finds for each query, reading for many of them in one transaction.
    func read<Query: Sendable, Found: Sendable>(
        each queries: [Query], _ body: @escaping @Sendable (Database, Query) throws -> Found
    ) async throws(PluginError) -> [Found] {
        // Not for all at once: others read too.
        let step = 256
        var found: [Found] = []
        found.reserveCapacity(queries.count)
        for start in stride(from: 0, to: queries.count, by: step) {
            let some = queries[start..<min(start + step, queries.count)]
            found += try await read { db in try some.map { try body(db, $0) } }
        }
        return found
    }

    /// Calls `listener` once when the file is found damaged, now where it was already.
    package func whenDamaged(_ listener: @escaping @Sendable (PluginError) -> Void) {
        onDamage.withLock { $0 = listener }
        if let found = damage.withLock({ $0 }) { listener(found) }
    }

    /// Notes that the file is damaged, so that the next start sets it aside, and tells of it once.
    private func noted(_ error: PluginError) -> PluginError {
        // A damaged artifact is no damage of the file: it carries a checksum of its own.
        guard error.code == .corrupted, error.cause is DatabaseError else { return error }
        let isNews = damage.withLock { damage in
            defer { damage = damage ?? error }
            return damage == nil
        }
        if isNews {
            DamageMark(path).leave("\((error.cause as? DatabaseError)?.message ?? "a damaged page")")
            onDamage.withLock { $0 }?(error)
        }
        return error
    }

    private func openedReader() throws(PluginError) -> DatabaseQueue {
        try reader.withLock { reader throws(PluginError) in
            if let queue = reader.queue { return queue }
            guard !reader.isClosed else {
                throw PluginError(.environment, "state database: \(PluginError.quoted(path)) is closed. Open it again.")
            }
            let opened = try file.openReader()
            reader.queue = opened
            return opened
        }
    }

    static func faults(_ path: String) -> DatabaseFaults {
        DatabaseFaults(
            who: "state database", path: path,
            damagedRemedy: "Start again to have it moved aside and a new one begun (bars are fetched again, models are "
                + "fitted again), or put a copy back.",
            lockedRemedy: "Another penstock uses this state folder. Stop it, or give this one its own 'host.state'.",
            lockedCode: .environment)
    }
}
