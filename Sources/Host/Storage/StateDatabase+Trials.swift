import GRDB
package import HostCore
package import PluginKit

extension StateDatabase: TrialStore {
    package func save(_ folds: [TrialFold], of search: SearchKey) async throws(PluginError) {
        let storedAt = now()
        try await write { db in
            for fold in folds {
                try db.execute(
                    sql: "INSERT OR REPLACE INTO trials VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    arguments: [
                        search.model, search.fit, search.part, fold.trial, fold.fold, fold.options, fold.score,
                        fold.fault, storedAt,
                    ])
            }
        }
    }

    package func folds(of search: SearchKey) async throws(PluginError) -> [TrialFold] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT trial, fold, options, score, fault FROM trials WHERE model = ? AND fit = ? AND part = ?
                    ORDER BY trial, fold
                    """, arguments: [search.model, search.fit, search.part]
            ).map { row in
                TrialFold(
                    trial: try row.decode(atIndex: 0), fold: try row.decode(atIndex: 1),
                    options: try row.decode(atIndex: 2), score: try row.decode(atIndex: 3),
                    fault: try row.decode(atIndex: 4))
            }
        }
    }

    /// Trials of the last fits that were begun stay; those of earlier ones go with the artifacts that came of them.
    static func removeTrials(of model: String, in db: Database) throws {
        try db.execute(
            sql: """
                DELETE FROM trials WHERE model = :model AND fit NOT IN
                (SELECT fit FROM trials WHERE model = :model GROUP BY fit ORDER BY max(stored_at) DESC LIMIT :kept)
                """, arguments: ["model": model, "kept": keptArtifacts])
    }
}
