import FoundationEssentials
import GRDB
package import HostCore
package import PluginKit

extension StateDatabase: LookStore {
    package func looks(of model: String, in pipeline: String) async throws(PluginError) -> [HoldoutLook] {
        try await read { db in
            try Row.fetchAll(
                db, sql: "SELECT version, looked_at, figures FROM looks WHERE model = ? AND pipeline = ? ORDER BY id",
                arguments: [model, pipeline]
            ).map { row in
                HoldoutLook(
                    version: try row.decode(atIndex: 0), lookedAt: try row.decode(atIndex: 1),
                    figures: Array(try row.decode(Data.self, atIndex: 2)))
            }
        }
    }

    package func save(_ look: HoldoutLook, of model: String, in pipeline: String) async throws(PluginError) {
        try await write { db in
            try db.execute(
                sql: """
                    INSERT INTO looks (model, pipeline, version, looked_at, figures) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT DO NOTHING
                    """, arguments: [model, pipeline, look.version, look.lookedAt, Data(look.figures)])
        }
    }
}
