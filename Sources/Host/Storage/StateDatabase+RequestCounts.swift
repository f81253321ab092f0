import GRDB
package import HostCore
package import PluginKit

extension StateDatabase: RequestCounts {
    package func change<Told: Sendable>(
        _ provider: String, _ change: @escaping @Sendable (KeptRequests?) -> (KeptRequests?, Told)
    ) async throws(PluginError) -> Told {
        try await write { db in
            let (kept, told) = change(try Self.requests(of: provider, db))
            guard let kept else { return told }
            try db.execute(
                sql:
                    "INSERT OR REPLACE INTO request_counts (provider, day, requests, asked_at, per_second, per_minute) "
                    + "VALUES (?, ?, ?, ?, ?, ?)",
                arguments: [provider, kept.day, kept.used, kept.time, kept.perSecond, kept.perMinute])
            return told
        }
    }

    private static func requests(of provider: String, _ db: Database) throws -> KeptRequests? {
        try Row.fetchOne(
            db, sql: "SELECT day, requests, asked_at, per_second, per_minute FROM request_counts WHERE provider = ?",
            arguments: [provider]
        ).map { row in
            KeptRequests(
                day: try row.decode(atIndex: 0), used: try row.decode(atIndex: 1), time: try row.decode(atIndex: 2),
                perSecond: try row.decode(atIndex: 3), perMinute: try row.decode(atIndex: 4))
        }
    }
}
