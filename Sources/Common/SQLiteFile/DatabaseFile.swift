import FileOutput
public import GRDB
import Glibc
public import PluginKit

/// Opens a SQLite file for one writer, in WAL mode, after looking whether it is whole.
///
/// A reader of another process is never in the way of the writer, nor the reverse. What was committed survives the end
/// of the process however it comes; `Durability` says what it survives beyond that.
public struct DatabaseFile: Sendable {
    /// What a finished transaction survives.
    public enum Durability: String, Sendable {
        /// A power cut: each transaction waits for the disk (`synchronous = FULL`).
        case everyTransaction = "FULL"
        /// The end of the process; a power cut only after `sync` (`synchronous = NORMAL`).
        case onSync = "NORMAL"
    }

    /// Words for faults; has the path.
    public let faults: DatabaseFaults
    /// Marks the file as ours (`PRAGMA application_id`), so that no other program's file is written to.
    public let applicationID: Int32
    /// What a finished transaction survives.
    public let durability: Durability
    /// How long to wait for another process that holds the file.
    public let busyTimeout: Duration

    /// Whether a copy of the file is kept beside it before its tables are changed.
    public let keepsBackup: Bool

    /// Describes a file; nothing is opened yet.
    public init(
        faults: DatabaseFaults, applicationID: Int32, durability: Durability, busyTimeout: Duration = .seconds(2),
        keepsBackup: Bool = false
    ) {
        self.keepsBackup = keepsBackup
        self.faults = faults
        self.applicationID = applicationID
        self.durability = durability
        self.busyTimeout = busyTimeout
    }

    /// Files that belong to the database and go with it when it is moved.
    public static let companions = ["-wal", "-shm", "-journal", DamageMark.suffix]

    /// Opens the file, creating it and its folder where they are missing, checks it and brings its tables up to date.
    ///
    /// The check is SQLite's own `quick_check`, for a quarter of a second at most above one mebibyte, and the first page of
    /// each table. A file that was found damaged while it was used (`DamageMark`) is damaged. Throws `.corrupted` for a damaged file, `.environment` for one that cannot be
    /// used or is another program's.
    public func open(_ migrator: DatabaseMigrator) throws(PluginError) -> DatabaseQueue {
        try FilePaths.makeFolder(FilePaths.folder(of: faults.path), who: faults.who)
        try refuseCutToNothing()
        if let found = DamageMark(faults.path).reason { throw faults.damaged(found) }
        do {
            let queue = try DatabaseQueue(path: faults.path, configuration: configuration(isReader: false))
            do {
                if try queue.inDatabase({ try needsMigration($0, migrator) }) {
                    if keepsBackup { try keepBackup(queue, migrator) }
                    try migrator.migrate(queue)
                }
            } catch {
                try? queue.close()
                throw error
            }
            return queue
        } catch {
            throw faults.error(error)
        }
    }

    /// Opens one more connection that writes, beside the process that has the file open; throws `.environment` where the file is
    /// missing, or its tables are of another version.
    public func openBeside(_ migrator: DatabaseMigrator) throws(PluginError) -> DatabaseQueue {
        guard Self.size(faults.path) > 0 else {
            throw PluginError(.environment, "\(faults.who): there is no \(PluginError.quoted(faults.path)).")
        }
        do {
            let queue = try DatabaseQueue(path: faults.path, configuration: configuration(isReader: false))
            let isSame = try queue.read { try migrator.hasCompletedMigrations($0) && !migrator.hasBeenSuperseded($0) }
            if isSame { return queue }
            try queue.close()
        } catch {
            throw faults.error(error)
        }
        throw PluginError(
            .environment,
            "\(faults.who): the tables of \(PluginError.quoted(faults.path)) are of another version of penstock, which may "
                + "run on it. Use that one, or stop it.")
    }

    /// Opens a second connection that only reads; the file is open for writing already.
    public func openReader() throws(PluginError) -> DatabaseQueue {
        do {
            return try DatabaseQueue(path: faults.path, configuration: configuration(isReader: true))
        } catch {
            throw faults.error(error)
        }
    }

    /// Checks the pages of the file for so long, without changing it; throws `.corrupted` with what was found.
    public func examine(for limit: Duration) throws(PluginError) {
        let queue = try openReader()
        do {
            let finding = try queue.read { try IntegrityCheck(limit: limit).run($0) }
            try queue.close()
            if let finding { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: finding) }
        } catch {
            throw faults.error(error)
        }
    }

    /// Returns when everything committed is on the disk.
    public func sync() throws(PluginError) {
        // The log has no locks, so opening and closing it a second time takes none away.
        let log = faults.path + "-wal"
        let descriptor = Glibc.open(log, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return }
            throw SystemFault.error(errno, who: faults.who, action: "opened", path: log)
        }
        defer { close(descriptor) }
        guard fdatasync(descriptor) == 0 else {
            throw SystemFault.error(errno, who: faults.who, action: "synced", path: log)
        }
    }

    private func configuration(isReader: Bool) -> GRDB.Configuration {
        var configuration = GRDB.Configuration()
        configuration.label = faults.who
        configuration.foreignKeysEnabled = false
        let parts = busyTimeout.components
        configuration.busyMode = .timeout(Double(parts.seconds) + Double(parts.attoseconds) / 1e18)
        configuration.prepareDatabase { db in
            if isReader {
                try db.execute(sql: "PRAGMA query_only = 1")
            } else {
                try refuseForeign(db)
                // A group of what waited fills megabytes: it is not to be written twice on its way, nor copied behind each.
                try db.execute(
                    sql: """
                        PRAGMA journal_mode = WAL; PRAGMA synchronous = \(durability.rawValue);
                        PRAGMA cache_size = -8000; PRAGMA wal_autocheckpoint = 4000
                        """)
            }
        }
        return configuration
    }

    /// A file of no bytes beside a log was cut: SQLite would take it for a new one and drop the log.
    private func refuseCutToNothing() throws(PluginError) {
        if Self.size(faults.path) == 0, Self.size(faults.path + "-wal") > 0 {
            throw faults.damaged("it has no bytes while its log '\(faults.path)-wal' has some")
        }
    }

    private func refuseForeign(_ db: Database) throws {
        let found = try Int32.fetchOne(db, sql: "PRAGMA application_id") ?? 0
        guard found != applicationID else { return }
        let isEmpty = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_schema") == 0
        guard found == 0, isEmpty else {
            throw PluginError(
                .environment,
                "\(faults.who): \(PluginError.quoted(faults.path)) is a SQLite file of another program (application id "
                    + "\(found)); allowed is \(applicationID) or a new file. Choose another path.")
        }
    }

    /// Checks the file and marks it as ours; returns whether tables are missing.
    private func needsMigration(_ db: Database, _ migrator: DatabaseMigrator) throws -> Bool {
        try check(db)
        if try migrator.hasBeenSuperseded(db) {
            throw PluginError(
                .environment,
                "\(faults.who): \(PluginError.quoted(faults.path)) was written by a newer penstock, with tables this one "
                    + "does not know. Start the newer one, or choose another path.")
        }
        guard try !migrator.hasCompletedMigrations(db) else { return false }
        try db.execute(sql: "PRAGMA application_id = \(applicationID)")
        return true
    }

    /// Copies the file to `<path>.before-<n>`, where n counts the changes of its tables it has had; a copy of an attempt that
    /// did not end is replaced.
    private func keepBackup(_ queue: DatabaseQueue, _ migrator: DatabaseMigrator) throws {
        let done = try queue.read { try migrator.appliedIdentifiers($0).count }
        guard done > 0 else { return }
        let path = "\(faults.path).before-\(done + 1)"
        unlink(path)
        try queue.writeWithoutTransaction { try $0.execute(sql: "VACUUM INTO ?", arguments: [path]) }
    }

    private func check(_ db: Database) throws {
        let tables = try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'")
        let limit: Duration = Self.size(faults.path) > 1_048_576 ? .milliseconds(250) : .seconds(60)
        if let finding = try IntegrityCheck(limit: limit).run(db) {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: finding)
        }
        for table in tables { _ = try Row.fetchOne(db, sql: "SELECT * FROM \(table.quotedDatabaseIdentifier) LIMIT 1") }
    }

    /// Returns the size of a file in bytes; 0 where there is none.
    public static func size(_ path: String) -> Int {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : 0
    }
}
