import GRDB
import HostCore
package import PluginKit

extension StateDatabase: RequestCounts {
    package func requests(of provider: String, on day: Int64) async throws(PluginError) -> Int {
        try await read { db in
            try Int.fetchOne(
                db, sql: "SELECT requests FROM request_counts WHERE provider = ? AND day = ?",
                arguments: [provider, day])
                ?? 0
        }
    }

    package func keep(_ requests: Int, of provider: String, on day: Int64) async throws(PluginError) {
        try await write { db in
            try db.execute(
                sql: """
                    INSERT INTO request_counts (provider, day, requests) VALUES (?, ?, ?)
                    ON CONFLICT DO UPDATE SET
                        requests = CASE WHEN day = excluded.day THEN max(requests, excluded.requests)
                            ELSE excluded.requests END,
                        day = excluded.day
                    """, arguments: [provider, day, requests])
        }
    }
}
