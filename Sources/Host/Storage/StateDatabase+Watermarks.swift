import GRDB
package import HostCore
package import PluginKit

extension StateDatabase: WatermarkStore {
    /// Returns the last durable event time of each instrument for a sink; empty for an unknown key.
    package func watermarks(_ key: WatermarkKey) async throws(PluginError) -> [Instrument: Int64] {
        try await read { db in
            let rows = try Row.fetchAll(
                db,
                sql: "SELECT code, venue, event_time FROM watermarks WHERE pipeline = ? AND sink = ? AND digest = ?",
                arguments: [key.pipeline, key.sink, key.digest])
            let times = try rows.map { row in
                let instrument = Instrument(code: try row.decode(atIndex: 0), venue: try row.decode(atIndex: 1))
                return (instrument, try row.decode(Int64.self, atIndex: 2))
            }
            return Dictionary(times, uniquingKeysWith: max)
        }
    }

    /// Stores event times; an earlier one never replaces a later one.
    package func advance(_ key: WatermarkKey, to times: [Instrument: Int64]) async throws(PluginError) {
        guard !times.isEmpty else { return }
        try await write { db in
            let statement = try db.cachedStatement(
                sql: """
                    INSERT INTO watermarks (pipeline, sink, digest, code, venue, event_time) VALUES (?, ?, ?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET event_time = excluded.event_time
                    WHERE excluded.event_time > watermarks.event_time
                    """)
            for (instrument, time) in times {
                try statement.execute(arguments: [
                    key.pipeline, key.sink, key.digest, instrument.code, instrument.venue, time,
                ])
            }
        }
    }

    /// Forgets everything of a pipeline's sink, however it was configured.
    package func forget(pipeline: String, sink: String) async throws(PluginError) {
        try await write { db in
            try db.execute(sql: "DELETE FROM watermarks WHERE pipeline = ? AND sink = ?", arguments: [pipeline, sink])
        }
    }
}
