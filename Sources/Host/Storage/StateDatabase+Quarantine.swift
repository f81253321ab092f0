import GRDB
package import HostCore
package import PluginKit
import Synchronization

extension StateDatabase: QuarantineStore {
    /// Appends refused rows; a row already there (same pipeline, source, place, reason, raw) is not doubled.
    package func quarantine(_ rows: [QuarantinedRow]) async throws(PluginError) {
        guard !rows.isEmpty else { return }
        let storedAt = now()
        do throws(PluginError) {
            try await write { db in try self.insert(rows, storedAt, db) }
        } catch {
            numbers.withLock { $0 = Numbers() }
            throw error
        }
    }

    private func insert(_ rows: [QuarantinedRow], _ storedAt: Int64, _ db: Database) throws {
        let statement = try db.cachedStatement(
            sql: """
                INSERT OR IGNORE INTO quarantine
                (pipeline, source, instrument, event_time, place, reason, message, raw, stored_at, provenance)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        for row in rows {
            try statement.execute(arguments: [
                row.pipeline, row.source, row.instrument, row.time, row.place, row.reason, row.message, row.raw,
                storedAt,
                try number(of: row.provenance, in: db),
            ])
        }
    }

    /// The provenance of a refused row; an earlier version kept the source alone.
    private func provenance(of row: Row, in db: Database) throws -> Provenance {
        if let number = try row.decode(Int64?.self, atIndex: 8) { return try provenance(number, in: db) }
        return Provenance(source: try row.decode(atIndex: 1))
    }

    /// Returns the canonical names of the instruments of which a pipeline's rows are kept.
    package func instruments(pipeline: String) async throws(PluginError) -> Set<String> {
        try await read { db in
            try Set(
                String.fetchAll(
                    db,
                    sql: "SELECT DISTINCT instrument FROM quarantine WHERE pipeline = ? AND instrument IS NOT NULL",
                    arguments: [pipeline]))
        }
    }

    /// Returns the latest rows, newest first.
    package func quarantined(limit: Int) async throws(PluginError) -> [QuarantinedRow] {
        try await read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT pipeline, source, instrument, event_time, place, reason, message, raw, provenance FROM quarantine
                    ORDER BY id DESC LIMIT ?
                    """,
                arguments: [max(0, limit)])
            return try rows.map { row in
                QuarantinedRow(
                    pipeline: try row.decode(atIndex: 0), provenance: try self.provenance(of: row, in: db),
                    instrument: try row.decode(atIndex: 2), time: try row.decode(atIndex: 3),
                    place: try row.decode(atIndex: 4), reason: try row.decode(atIndex: 5),
                    message: try row.decode(atIndex: 6), raw: try row.decode(atIndex: 7))
            }
        }
    }
}
