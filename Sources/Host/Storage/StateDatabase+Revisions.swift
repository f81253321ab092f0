import GRDB
package import HostCore
package import PluginKit
import SQLiteFile

extension StateDatabase {
    /// Returns what took the place of another version after an instant, and is the newest one now, in the order it was stored.
    package func revisions(
        _ kind: EventKind, of pipeline: String, timeframe: Timeframe, after storedAt: Int64
    ) async throws(PluginError) -> [Revision] {
        func read<Event: MarketEvent>(_ type: Event.Type) async throws(PluginError) -> [Revision] {
            guard let row = type as? any StoredRow.Type, row.hasIdentity else { return [] }
            return try await revisions(row, of: pipeline, timeframe, after: storedAt)
        }
        return try await read(kind.type)
    }

    private func revisions<Event: StoredRow>(
        _ type: Event.Type, of pipeline: String, _ timeframe: Timeframe, after storedAt: Int64
    ) async throws(PluginError) -> [Revision] {
        try await read { db in
            var found: [Origin: [Event]] = [:]
            for (series, instrument) in try self.series(Event.kind, of: pipeline, timeframe, in: db) {
                let statement = try Self.select(type, db)
                statement.bind(1, series)
                statement.bind(2, storedAt)
                defer { statement.reset() }
                while try statement.next() {
                    let head = RowHead(
                        time: statement.integer(0), instrument: instrument,
                        flags: EventFlags(rawValue: UInt32(truncatingIfNeeded: statement.integer(1))))
                    let origin = Origin(storedAt: statement.integer(3), provenance: statement.integer(2))
                    found[origin, default: []].append(Event(statement, from: 4, head))
                }
            }
            return try found.sorted { $0.key < $1.key }.map { origin, events in
                Revision(
                    pipeline: pipeline, timeframe: timeframe,
                    provenance: try self.provenance(origin.provenance, in: db),
                    events: Event.batch(events), storedAt: origin.storedAt)
            }
        }
    }

    private struct Origin: Hashable, Comparable {
        let storedAt: Int64
        let provenance: Int64

        static func < (left: Origin, right: Origin) -> Bool {
            (left.storedAt, left.provenance) < (right.storedAt, right.provenance)
        }
    }

    private static func select<Event: StoredRow>(_ type: Event.Type, _ db: Database) throws -> BulkStatement {
        let table = Event.table
        return try BulkStatement(
            db,
            """
            SELECT event_time, flags, provenance, stored_at, \(Event.columns.joined(separator: ", ")) FROM \(table)
            WHERE series = ? AND version > 1 AND stored_at > ? AND NOT EXISTS (
                SELECT 1 FROM \(table) AS later WHERE later.series = \(table).series
                    AND later.event_time = \(table).event_time AND later.place = \(table).place
                    AND later.version > \(table).version)
            ORDER BY event_time, place
            """)
    }

    private func series(
        _ kind: EventKind, of pipeline: String, _ timeframe: Timeframe, in db: Database
    ) throws -> [(Int64, InstrumentID)] {
        let rows = try Row.fetchAll(
            db, sql: "SELECT id, code, venue FROM series WHERE pipeline = ? AND kind = ? AND timeframe = ? ORDER BY id",
            arguments: [pipeline, kind.rawValue, Self.timeframe(timeframe, kind)])
        return try rows.map { row in
            let instrument = Instrument(code: try row.decode(atIndex: 1), venue: try row.decode(atIndex: 2))
            return (try row.decode(atIndex: 0), instruments.intern(instrument))
        }
    }
}
