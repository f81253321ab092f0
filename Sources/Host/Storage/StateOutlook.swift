import FileOutput
import GRDB
package import PluginKit
import SQLiteFile

/// What a start of this version would do with a state database; nothing was changed to learn it.
package struct StateOutlook: Sendable, Hashable {
    /// How many changes of its tables the file has had; 0 for a file without tables.
    package let applied: Int
    /// How many this version knows.
    package let known: Int
    /// The changes that a start would make, in their order.
    package let pending: [String]
    /// Changes that this version does not know: a newer one made them, and a start is refused.
    package let unknown: [String]
    /// Size of the file with its log, bytes.
    package let size: Int
    /// Size of the copy that a start would make first, bytes, about; 0 where nothing is pending.
    package let backupSize: Int

    /// Looks at a file; `nil` where there is none yet.
    ///
    /// The file may be in use. Throws `.corrupted` for a damaged one, `.environment` for one that cannot be read or is another
    /// program's.
    package init?(path: String) throws(PluginError) {
        guard DatabaseFile.size(path) > 0 else { return nil }
        let faults = StateDatabase.faults(path)
        if let damage = StateDatabase.examine(path: path, for: .seconds(10)) { throw damage }
        let file = DatabaseFile(
            faults: faults, applicationID: StateSchema.applicationID, durability: .everyTransaction)
        let migrator = StateSchema.migrator
        let found: Found
        do {
            let queue = try file.openReader()
            found = try queue.read { try Found($0, migrator) }
            try queue.close()
        } catch {
            throw faults.error(error)
        }
        guard found.applicationID == StateSchema.applicationID else {
            throw PluginError(
                .environment,
                "\(faults.who): \(PluginError.quoted(path)) is a SQLite file of another program (application id "
                    + "\(found.applicationID)); allowed is \(StateSchema.applicationID). Choose another 'host.state'.")
        }
        applied = found.identifiers.count
        known = migrator.migrations.count
        pending = migrator.migrations.filter { !found.identifiers.contains($0) }
        unknown = found.identifiers.subtracting(migrator.migrations).sorted()
        size = DatabaseFile.size(path) + DatabaseFile.size(path + "-wal")
        backupSize = pending.isEmpty || applied == 0 ? 0 : found.bytes
    }

    /// What is read of the file in one transaction.
    private struct Found: Sendable {
        let applicationID: Int32
        let identifiers: Set<String>
        /// Bytes of the pages that are in use: a copy has no others.
        let bytes: Int

        init(_ db: Database, _ migrator: DatabaseMigrator) throws {
            func number(_ pragma: String) throws -> Int { try Int.fetchOne(db, sql: "PRAGMA \(pragma)") ?? 0 }
            applicationID = Int32(truncatingIfNeeded: try number("application_id"))
            // Not those the migrator knows alone.
            let isThere = try db.tableExists("grdb_migrations")
            identifiers =
                isThere ? try Set(String.fetchAll(db, sql: "SELECT identifier FROM grdb_migrations")) : []
            bytes = try (number("page_count") - number("freelist_count")) * number("page_size")
        }
    }
}
