import GRDB
package import HostCore
package import PluginKit

extension StateDatabase: WatermarkStore {
    /// Returns how far each instrument is durable in a sink; empty for an unknown key.
    package func watermarks(_ key: WatermarkKey) async throws(PluginError) -> [Instrument: EventMark] {
        try await read { db in
            let rows = try Row.fetchAll(
                db,
                sql:
                    "SELECT code, venue, event_time, count FROM watermarks WHERE pipeline = ? AND sink = ? AND digest = ?",
                arguments: [key.pipeline, key.sink, key.digest])
            let marks = try rows.map { row in
                let instrument = Instrument(code: try row.decode(atIndex: 0), venue: try row.decode(atIndex: 1))
                return (instrument, EventMark(time: try row.decode(atIndex: 2), count: try row.decode(atIndex: 3)))
            }
            return Dictionary(marks, uniquingKeysWith: max)
        }
    }

    /// Stores marks, all or none; an earlier one never replaces a later one.
    package func advance(_ marks: [WatermarkKey: [Instrument: EventMark]]) async throws(PluginError) {
        guard !marks.isEmpty else { return }
        try await write { db in
            let statement = try db.cachedStatement(
                sql: """
                    INSERT INTO watermarks (pipeline, sink, digest, code, venue, event_time, count)
                    VALUES (?, ?, ?, ?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET event_time = excluded.event_time, count = excluded.count
                    WHERE (excluded.event_time, excluded.count) > (watermarks.event_time, watermarks.count)
                    """)
            for (key, reached) in marks {
                for (instrument, mark) in reached {
                    try statement.execute(arguments: [
                        key.pipeline, key.sink, key.digest, instrument.code, instrument.venue, mark.time, mark.count,
                    ])
                }
            }
        }
    }

    /// Returns about how many rows of a stream a sink has under digests other than its own, which it has nothing under.
    package func deliveredOtherwise(
        _ key: WatermarkKey, _ stream: RecordStream, _ timeframe: Timeframe
    ) async throws(PluginError) -> Int {
        guard try await watermarks(key).isEmpty else { return 0 }
        return try await read { db in
            try Int.fetchOne(
                db,
                sql: """
                    SELECT count(*) FROM (
                        SELECT code, venue, max(event_time) AS newest FROM watermarks
                        WHERE pipeline = ? AND sink = ? AND substr(digest, 1, length(?)) = ? GROUP BY code, venue
                    ) AS had
                    JOIN series ON series.code = had.code AND series.venue = had.venue AND series.kind = 'bar'
                        AND series.timeframe = ? AND series.pipeline = ?
                    JOIN bars ON bars.series = series.id AND bars.version = 1 AND bars.event_time <= had.newest
                    """,
                arguments: [key.pipeline, key.sink, "\(stream):", "\(stream):", timeframe.description, key.pipeline])
                ?? 0
        }
    }

    /// Returns who else has rows of a stream under the same digest, so at the same place, and about how many: the same sink under
    /// another id, or in another pipeline. Empty for a sink that has something of the stream itself.
    package func deliveredElsewhere(
        _ key: WatermarkKey, _ timeframe: Timeframe
    ) async throws(PluginError) -> [(pipeline: String, sink: String, rows: Int)] {
        guard try await watermarks(key).isEmpty else { return [] }
        return try await read { db in
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT had.pipeline, had.sink, count(*) FROM (
                        SELECT pipeline, sink, code, venue, max(event_time) AS newest FROM watermarks
                        WHERE digest = ? GROUP BY pipeline, sink, code, venue
                    ) AS had
                    JOIN series ON series.code = had.code AND series.venue = had.venue AND series.kind = 'bar'
                        AND series.timeframe = ? AND series.pipeline = had.pipeline
                    JOIN bars ON bars.series = series.id AND bars.version = 1 AND bars.event_time <= had.newest
                    GROUP BY had.pipeline, had.sink ORDER BY count(*) DESC
                    """,
                arguments: [key.digest, timeframe.description])
            return try rows.map {
                (try $0.decode(atIndex: 0), try $0.decode(atIndex: 1), try $0.decode(atIndex: 2))
            }
        }
    }

    /// Returns where a pipeline's stream stood; `nil` where that is not known.
    package func position(of pipeline: String) async throws(PluginError) -> StreamMark? {
        try await read { db in
            let row = try Row.fetchOne(
                db,
                sql:
                    "SELECT digest, position, is_whole, refused, after_refused, reached FROM positions WHERE pipeline = ?",
                arguments: [pipeline])
            return try row.map {
                StreamMark(
                    digest: try $0.decode(atIndex: 0), position: StreamPosition(try $0.decode(atIndex: 1)),
                    isWhole: try $0.decode(atIndex: 2), refused: try $0.decode(atIndex: 3),
                    afterRefused: try $0.decode(String.self, atIndex: 4).split(separator: " ").compactMap {
                        try? Instrument(parsing: String($0))
                    }, reached: Self.reached(try $0.decode(atIndex: 5)))
            }
        }
    }

    /// Stores where a pipeline's stream stands; `nil` forgets it.
    package func keep(_ mark: StreamMark?, of pipeline: String) async throws(PluginError) {
        try await write { db in
            guard let mark else {
                return try db.execute(sql: "DELETE FROM positions WHERE pipeline = ?", arguments: [pipeline])
            }
            try db.execute(
                sql: "INSERT OR REPLACE INTO positions VALUES (?, ?, ?, ?, ?, ?, ?)",
                arguments: [
                    pipeline, mark.digest, mark.position.text, mark.isWhole, mark.refused,
                    mark.afterRefused.map(\.description).joined(separator: " "), Self.text(mark.reached),
                ])
        }
    }

    /// `CODE.VENUE TIME COUNT ...`
    private static func text(_ reached: [Instrument: EventMark]) -> String {
        reached.map { "\($0.key) \($0.value.time) \($0.value.count)" }.sorted().joined(separator: " ")
    }

    private static func reached(_ text: String) -> [Instrument: EventMark] {
        let words = text.split(separator: " ")
        var reached: [Instrument: EventMark] = [:]
        for start in stride(from: 0, to: words.count - 2, by: 3) {
            guard let instrument = try? Instrument(parsing: String(words[start])), let time = Int64(words[start + 1]),
                let count = UInt32(words[start + 2])
            else { continue }
            reached[instrument] = EventMark(time: time, count: count)
        }
        return reached
    }

    /// Forgets everything of a pipeline's sink, however it was configured.
    package func forget(pipeline: String, sink: String) async throws(PluginError) {
        try await write { db in
            try db.execute(sql: "DELETE FROM watermarks WHERE pipeline = ? AND sink = ?", arguments: [pipeline, sink])
        }
    }
}
