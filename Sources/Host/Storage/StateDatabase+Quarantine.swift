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
            numbers.withLock { $0 = Numbers(changed: $0.changed) }
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

    /// Returns the latest rows, newest first, those that were released too.
    package func quarantined(limit: Int) async throws(PluginError) -> [QuarantinedRow] {
        var query = QuarantineQuery()
        query.hasReleased = true
        query.limit = limit
        return try await kept(query).map(\.row)
    }

    /// Returns the rows that match, newest first.
    package func kept(_ query: QuarantineQuery) async throws(PluginError) -> [KeptRow] {
        let (condition, arguments) = Self.condition(query)
        return try await read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT pipeline, source, instrument, event_time, place, reason, message, raw, provenance, id, stored_at,
                        released_at FROM quarantine WHERE \(condition) AND id < ? ORDER BY id DESC LIMIT ?
                    """,
                arguments: arguments + [query.before ?? .max, max(0, query.limit)])
            return try rows.map { try self.kept($0, in: db) }
        }
    }

    /// Returns how many rows match, however many are asked for.
    package func count(_ query: QuarantineQuery) async throws(PluginError) -> Int {
        let (condition, arguments) = Self.condition(query)
        return try await read { db in
            try Int.fetchOne(db, sql: "SELECT count(*) FROM quarantine WHERE \(condition)", arguments: arguments) ?? 0
        }
    }

    /// Removes rows by their numbers; returns how many there were. Their space is used again.
    package func remove(_ ids: [Int64]) async throws(PluginError) -> Int {
        let marks = Self.marks(ids.count)
        return try await write { db in
            try db.execute(sql: "DELETE FROM quarantine WHERE id IN (\(marks))", arguments: StatementArguments(ids))
            return db.changesCount
        }
    }

    /// Notes of rows that a user accepted them after all.
    package func noteReleased(_ ids: [Int64]) async throws(PluginError) {
        let (marks, time) = (Self.marks(ids.count), now())
        try await write { db in
            try db.execute(
                sql: "UPDATE quarantine SET released_at = ? WHERE id IN (\(marks))",
                arguments: [time] + StatementArguments(ids))
        }
    }

    /// Returns the spans of a pipeline's stored bars.
    package func timeframes(ofBarsOf pipeline: String) async throws(PluginError) -> [Timeframe] {
        try await read { db in
            try String.fetchAll(
                db, sql: "SELECT DISTINCT timeframe FROM series WHERE pipeline = ? AND kind = ?",
                arguments: [pipeline, EventKind.bar.rawValue])
        }.compactMap { Timeframe($0) }
    }

    private func kept(_ row: Row, in db: Database) throws -> KeptRow {
        let refused = QuarantinedRow(
            pipeline: try row.decode(atIndex: 0), provenance: try provenance(of: row, in: db),
            instrument: try row.decode(atIndex: 2), time: try row.decode(atIndex: 3),
            place: try row.decode(atIndex: 4), reason: try row.decode(atIndex: 5),
            message: try row.decode(atIndex: 6), raw: try row.decode(atIndex: 7))
        return KeptRow(
            id: try row.decode(atIndex: 9), row: refused, storedAt: try row.decode(atIndex: 10),
            releasedAt: try row.decode(atIndex: 11))
    }

    private static func condition(_ query: QuarantineQuery) -> (String, StatementArguments) {
        var (parts, arguments) = (["1"], StatementArguments())
        func add(_ part: String, _ values: StatementArguments) {
            parts.append(part)
            arguments += values
        }
        if !query.ids.isEmpty { add("id IN (\(marks(query.ids.count)))", StatementArguments(query.ids)) }
        if !query.pipelines.isEmpty {
            add("pipeline IN (\(marks(query.pipelines.count)))", StatementArguments(query.pipelines))
        }
        if let source = query.source { add("source = ?", [source]) }
        if let reason = query.reason { add("reason = ?", [reason]) }
        if let name = query.instrument {
            // A code without a venue means it on every venue.
            add("(instrument = ? OR substr(instrument, 1, length(?) + 1) = ? || '.')", [name, name, name])
        }
        if query.range != .min ... .max {
            add("event_time BETWEEN ? AND ?", [query.range.lowerBound, query.range.upperBound])
        }
        if !query.hasReleased { add("released_at IS NULL", []) }
        return (parts.joined(separator: " AND "), arguments)
    }

    private static func marks(_ count: Int) -> String { Array(repeating: "?", count: count).joined(separator: ", ") }
}
