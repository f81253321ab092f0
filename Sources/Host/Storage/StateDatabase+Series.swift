import GRDB
package import PluginKit

/// A series as it is stored.
package struct StoredSeries: Sendable, Hashable {
    /// The pipeline that accepted it, `ID` or `ID/INPUT`.
    package let pipeline: String
    /// The kind of its events.
    package let kind: EventKind
    /// The instrument.
    package let instrument: Instrument
    /// Span of the bars; `nil` for other kinds.
    package let timeframe: Timeframe?
    /// Events, each once.
    package let events: Int
    /// Rows that took the place of an earlier version, or were released.
    package let revisions: Int
    /// The first event time, nanoseconds since the Unix epoch, UTC.
    package let first: Int64
    /// The last event time.
    package let last: Int64
    fileprivate let number: Int64
}

extension StateDatabase {
    /// Returns all series with events, by instrument, kind and pipeline; those of one instrument's code or name where it is given.
    package func series(of name: String? = nil) async throws(PluginError) -> [StoredSeries] {
        try await read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT id, pipeline, kind, code, venue, timeframe FROM series
                    WHERE ?1 IS NULL OR code = ?1 OR code || '.' || venue = ?1
                    ORDER BY code, venue, kind, timeframe, pipeline
                    """,
                arguments: [name])
            return try rows.compactMap { try self.described($0, in: db) }
        }
    }

    private func described(_ row: Row, in db: Database) throws -> StoredSeries? {
        guard let kind = EventKind(rawValue: try row.decode(atIndex: 2)),
            let type = kind.type as? any StoredRow.Type
        else { return nil }
        let number: Int64 = try row.decode(atIndex: 0)
        let counts = try Row.fetchOne(
            db,
            sql: """
                SELECT count(DISTINCT event_time || ' ' || place), ifnull(sum(version > 1), 0), min(event_time), max(event_time)
                FROM \(type.table) WHERE series = ?
                """,
            arguments: [number])
        guard let counts, let first = try counts.decode(Int64?.self, atIndex: 2),
            let last = try counts.decode(Int64?.self, atIndex: 3)
        else { return nil }
        return StoredSeries(
            pipeline: try row.decode(atIndex: 1), kind: kind,
            instrument: Instrument(code: try row.decode(atIndex: 3), venue: try row.decode(atIndex: 4)),
            timeframe: kind == .bar ? Timeframe(try row.decode(String.self, atIndex: 5)) : nil,
            events: try counts.decode(atIndex: 0), revisions: try counts.decode(atIndex: 1), first: first, last: last,
            number: number)
    }

    /// Returns the event times of a series, ascending, each once.
    package func times(of series: StoredSeries) async throws(PluginError) -> [Int64] {
        guard let type = series.kind.type as? any StoredRow.Type else { return [] }
        let table = type.table
        return try await read { db in
            try Int64.fetchAll(
                db, sql: "SELECT DISTINCT event_time FROM \(table) WHERE series = ? ORDER BY event_time",
                arguments: [series.number])
        }
    }

    /// Returns each span between two event times of a series that follow each other, where more than so many nanoseconds lie between.
    package func spans(
        of series: StoredSeries, beyond longest: Int64
    ) async throws(PluginError) -> [(from: Int64, to: Int64)] {
        guard let type = series.kind.type as? any StoredRow.Type else { return [] }
        let table = type.table
        return try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT before, event_time FROM (
                        SELECT event_time, lag(event_time) OVER (ORDER BY event_time) AS before FROM \(table) WHERE series = ?)
                    WHERE event_time - before > ?
                    """,
                arguments: [series.number, longest]
            ).map { (try $0.decode(atIndex: 0), try $0.decode(atIndex: 1)) }
        }
    }

    /// Returns how many event times of bars a pipeline has after one, `limit` where there are more.
    package func eventTimes(
        of pipeline: String, timeframe: Timeframe, after time: Int64, limit: Int
    ) async throws(PluginError) -> Int {
        try await read { db in
            try Int.fetchOne(
                db,
                sql: """
                    SELECT count(*) FROM (SELECT DISTINCT event_time FROM series JOIN bars ON series = series.id
                    WHERE pipeline = ? AND kind = 'bar' AND timeframe = ? AND event_time > ? LIMIT ?)
                    """,
                arguments: [pipeline, timeframe.description, time, limit]) ?? 0
        }
    }

    /// Returns the event time of the newest bar of a pipeline; `nil` where it has none.
    package func newestBar(of pipeline: String, timeframe: Timeframe) async throws(PluginError) -> Int64? {
        try await read { db in
            try Int64.fetchOne(
                db,
                sql: """
                    SELECT max((SELECT max(event_time) FROM bars WHERE series = id)) FROM series
                    WHERE pipeline = ? AND kind = 'bar' AND timeframe = ?
                    """, arguments: [pipeline, timeframe.description])
        }
    }
}
