import FileOutput
import GRDB
public import PluginKit
import SQLiteFile
import Synchronization

/// Keeps records in a SQLite file, a table a kind; a record written again replaces itself.
///
/// - Takes: all kinds.
/// - Time: `event_time` in nanoseconds since the Unix epoch, UTC.
/// - Limits: one transaction a batch; other processes read meanwhile (WAL).
/// - Needs: a folder it may write to.
/// - Source: <https://sqlite.org/wal.html>.
public final class SQLite: Sink {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .sink, name: "sqlite", summary: "Keeps records in a SQLite file, a table a kind of record.",
        schema: ConfigurationSchema([
            .path("path", isRequired: true, "The file; it is created where it is missing."),
            .duration(
                "busy_timeout", .milliseconds(0)...(.seconds(60)), default: .seconds(5),
                "How long to wait while another program writes to the file."),
        ]),
        accepts: Set(RecordKind.allCases))

    private let file: DatabaseFile
    private let queue: DatabaseQueue
    private let inserter: Mutex<RecordInserter>

    /// Opens the file; throws `.corrupted` for a damaged one and `.environment` for one that cannot be used.
    public init(_ configuration: PluginKit.Configuration, context: PluginContext) throws(PluginError) {
        let faults = DatabaseFaults(
            who: configuration.instance, path: context.resolve(try configuration.text("path")),
            damagedRemedy: "Move it away with its -wal and -shm, or set another 'path': a new one is begun. "
                + "`sqlite3 <file> .recover` reads what the old one still has.",
            lockedRemedy: "Another program writes to it. End it, or raise 'busy_timeout'.", lockedCode: .transient)
        file = DatabaseFile(
            faults: faults, applicationID: RecordLayout.applicationID, durability: .onSync,
            busyTimeout: try configuration.duration("busy_timeout"))
        queue = try file.open(RecordLayout.migrator)
        inserter = Mutex(RecordInserter(instruments: context.instruments))
        do {
            try queue.write { db in for kind in RecordKind.allCases { try RecordLayout(kind).create(db) } }
        } catch {
            throw faults.error(error)
        }
    }

    /// Stores a batch in one transaction: all rows but the rejected ones or, where it throws, none.
    ///
    /// Rejected are rows without a price or a prediction (`missing_number`) and texts beyond SQLite's limit (`too_big`).
    public func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
        guard batch.count > 0 else { return .accepted }
        do {
            let rejected = try await queue.write { db in try self.inserter.withLock { try $0.insert(batch, db) } }
            return WriteReceipt(rejected: rejected)
        } catch {
            inserter.withLock { $0.forget() }
            throw file.faults.error(error)
        }
    }

    /// Returns when everything written is on the disk; throws `.corrupted` where the file was removed.
    public func flush() async throws(PluginError) {
        let path = file.faults.path
        guard FilePaths.exists(path) else {
            throw PluginError(
                .corrupted,
                "\(file.faults.who): \(PluginError.quoted(path)) was removed while the host wrote to it: its rows are gone. "
                    + "Stop the host and start it: a new file is begun, and is given everything again.")
        }
        try file.sync()
    }

    /// Whether no table has a row.
    public var isEmpty: Bool {
        get async {
            // A file that cannot be read is no empty one; the first write says what is wrong with it.
            (try? await queue.read { db in
                try RecordKind.allCases.allSatisfy { kind in
                    try Row.fetchOne(db, sql: "SELECT 1 FROM \(RecordLayout(kind).table) LIMIT 1") == nil
                }
            }) ?? false
        }
    }

    /// Moves the log into the file and closes it.
    public func stop() async {
        // Closing twice, or while a reader holds the log, is no fault: the log stays and is read at the next start.
        try? queue.close()
    }
}
