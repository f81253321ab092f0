import GRDB
package import HostCore
package import PluginKit
import SQLiteFile

extension StateDatabase: EvidenceStore {
    /// Returns the errors of the champion and of a version that shadows it on the same rows.
    package func pairedErrors(
        of model: String, in pipeline: String, champion: Int, shadow: Int, after time: Int64
    ) async throws(PluginError) -> [PairedError] {
        try await read { db in
            let statement = try BulkStatement(
                db,
                """
                SELECT c.predicted_at, c.value - c.actual, s.value - s.actual FROM outcome_series a
                JOIN outcome_series b ON (b.pipeline, b.timeframe, b.model, b.target, b.code, b.venue, b.shadow)
                    = (a.pipeline, a.timeframe, a.model, a.target, a.code, a.venue, ?4)
                JOIN predictions c ON c.series = a.id AND c.predicted_at > ?5 AND c.version = ?3 AND c.actual IS NOT NULL
                JOIN predictions s ON s.series = b.id AND s.predicted_at = c.predicted_at AND s.actual IS NOT NULL
                WHERE a.model = ?1 AND a.pipeline = ?2 AND a.shadow = 0 ORDER BY c.predicted_at, a.id
                """)
            statement.bind(1, model)
            statement.bind(2, pipeline)
            statement.bind(3, Int64(champion))
            statement.bind(4, Int64(shadow))
            statement.bind(5, time)
            var found: [PairedError] = []
            while try statement.next() {
                found.append(
                    PairedError(
                        time: statement.integer(0), champion: statement.number(1), shadow: statement.number(2)))
            }
            return found
        }
    }

    /// Returns what became of the rows that a model served, predicted after an event time.
    package func served(
        _ model: String, in pipeline: String, after time: Int64
    ) async throws(PluginError) -> [ServedError] {
        try await read { db in
            let statement = try BulkStatement(
                db,
                """
                SELECT version, code, venue, predicted_at, value - actual FROM outcome_series JOIN predictions ON series = id
                WHERE model = ? AND pipeline = ? AND shadow = 0 AND predicted_at > ? AND actual IS NOT NULL
                ORDER BY predicted_at, id
                """)
            statement.bind(1, model)
            statement.bind(2, pipeline)
            statement.bind(3, time)
            var found: [ServedError] = []
            while try statement.next() {
                found.append(
                    ServedError(
                        version: Int(statement.integer(0)),
                        instrument: Instrument(code: statement.text(1), venue: statement.text(2)),
                        time: statement.integer(3), error: statement.number(4)))
            }
            return found
        }
    }

    /// Returns the errors of a version while it served.
    package func errors(of key: VersionKey, after time: Int64) async throws(PluginError) -> [TimedError] {
        try await read { db in
            let statement = try BulkStatement(
                db,
                """
                SELECT predicted_at, value - actual FROM outcome_series JOIN predictions ON series = id
                WHERE model = ? AND pipeline = ? AND shadow = 0 AND predicted_at > ? AND version = ? AND actual IS NOT NULL
                ORDER BY predicted_at, id
                """)
            statement.bind(1, key.model)
            statement.bind(2, key.pipeline)
            statement.bind(3, time)
            statement.bind(4, Int64(key.number))
            var found: [TimedError] = []
            while try statement.next() {
                found.append(TimedError(time: statement.integer(0), error: statement.number(1)))
            }
            return found
        }
    }
}
