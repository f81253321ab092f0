import GRDB
package import HostCore
package import PluginKit
import SQLiteFile

extension StateDatabase {
    /// Returns predictions in ascending order of the event time they were made from; the first `offset` are left out.
    package func predictions(_ query: OutcomeQuery, offset: Int) async throws(PluginError) -> [StoredPrediction] {
        guard query.limit > 0 else { return [] }
        let table = instruments
        return try await read { db in
            let wanted = Set(query.instruments)
            let rows = try Row.fetchAll(
                db, sql: "SELECT id, pipeline, model, target, code, venue FROM outcome_series WHERE \(Self.isAsked)",
                arguments: Self.arguments(query))
            var series: [Int64: (pipeline: String, model: String, target: String, instrument: Instrument)] = [:]
            for row in rows {
                let instrument = Instrument(code: try row.decode(atIndex: 4), venue: try row.decode(atIndex: 5))
                guard wanted.isEmpty || wanted.contains(instrument) else { continue }
                let id: Int64 = try row.decode(atIndex: 0)
                let (pipeline, model): (String, String) = try (row.decode(atIndex: 1), row.decode(atIndex: 2))
                series[id] = (pipeline, model, try row.decode(atIndex: 3), instrument)
            }
            let places = series.keys.sorted().map { "\($0)" }.joined(separator: ", ")
            let statement = try BulkStatement(
                db,
                """
                SELECT series, predicted_at, horizon, value, flags, known_at IS NOT NULL, known_at, actual, version FROM predictions
                WHERE series IN (\(places)) AND predicted_at BETWEEN ? AND ? ORDER BY predicted_at, series LIMIT ? OFFSET ?
                """)
            statement.bind(1, query.range.lowerBound)
            statement.bind(2, query.range.upperBound)
            statement.bind(3, Int64(query.limit))
            statement.bind(4, Int64(offset))
            var found: [StoredPrediction] = []
            while try statement.next() {
                guard let own = series[statement.integer(0)] else { continue }
                found.append(
                    StoredPrediction(
                        pipeline: own.pipeline, instrument: own.instrument,
                        prediction: KeptPrediction(
                            model: own.model, target: own.target, instrument: table.intern(own.instrument),
                            time: statement.integer(1), horizon: Int(statement.integer(2)), value: statement.number(3),
                            flags: EventFlags(rawValue: UInt32(truncatingIfNeeded: statement.integer(4))),
                            known: statement.integer(5) == 0 ? nil : statement.integer(6), actual: statement.number(7),
                            version: Int(statement.integer(8)))))
            }
            return found
        }
    }
}
