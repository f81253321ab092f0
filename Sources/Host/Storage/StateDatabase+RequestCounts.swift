import GRDB
package import HostCore
package import PluginKit

extension StateDatabase: RequestCounts {
    package func requests(of provider: String) async throws(PluginError) -> KeptRequests? {
        try await read { db in
            try Row.fetchOne(
                db,
                sql: "SELECT day, requests, asked_at, per_second, per_minute FROM request_counts WHERE provider = ?",
                arguments: [provider]
            ).map { row in
                KeptRequests(
                    day: try row.decode(atIndex: 0), used: try row.decode(atIndex: 1), time: try row.decode(atIndex: 2),
                    perSecond: try row.decode(atIndex: 3), perMinute: try row.decode(atIndex: 4))
            }
        }
    }

    package func keep(_ requests: KeptRequests, of provider: String) async throws(PluginError) {
        try await write { db in
            // Of several that are written at once the highest count of the day stays.
            try db.execute(
                sql: """
                    INSERT INTO request_counts (provider, day, requests, asked_at, per_second, per_minute)
                    VALUES (?, ?, ?, ?, ?, ?)
                    ON CONFLICT DO UPDATE SET
                        requests = CASE WHEN day = excluded.day THEN max(requests, excluded.requests)
                            ELSE excluded.requests END,
                        day = excluded.day, asked_at = excluded.asked_at, per_second = excluded.per_second,
                        per_minute = excluded.per_minute
                    """,
                arguments: [
                    provider, requests.day, requests.used, requests.time, requests.perSecond, requests.perMinute,
                ])
        }
    }
}
