import GRDB
package import HostCore
package import PluginKit

extension StateDatabase: RiskStore {
    /// How many changes are kept at most; the oldest go.
    private static let mostChanges: Int64 = 100_000

    package func keep(_ changes: [AlertChange]) async throws(PluginError) {
        guard let last = changes.last else { return }
        try await write { db in
            for change in changes { try Self.insert(change, db) }
            try db.execute(
                sql: "DELETE FROM risk_changes WHERE number <= ?", arguments: [last.number - Self.mostChanges])
        }
    }

    package func alerts(_ states: [AlertState], limit: Int) async throws(PluginError) -> [RiskAlert] {
        let marks = Array(repeating: "?", count: states.count).joined(separator: ", ")
        let condition = states.isEmpty ? "1" : "state IN (\(marks))"
        return try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT id, rule, instrument, subject, drill, opened_at, limits, severity, state, value, most, message,
                        changed_at, acknowledged_by FROM risk_alerts WHERE \(condition) ORDER BY id DESC LIMIT ?
                    """, arguments: StatementArguments(states.map(\.rawValue)) + [limit]
            ).map { try Self.alert($0) }
        }
    }

    package func lastNumbers() async throws(PluginError) -> (alert: Int64, change: Int64) {
        try await read { db in
            (
                try Int64.fetchOne(db, sql: "SELECT max(id) FROM risk_alerts") ?? 0,
                try Int64.fetchOne(db, sql: "SELECT max(number) FROM risk_changes") ?? 0
            )
        }
    }

    package func changes(after number: Int64, limit: Int) async throws(PluginError) -> [AlertChange] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT a.id, a.rule, a.instrument, a.subject, a.drill, a.opened_at, a.limits, c.severity, c.state,
                        c.value, c.most, c.message, c.changed_at, c.acknowledged_by, c.number, c.event
                    FROM risk_changes c JOIN risk_alerts a ON a.id = c.alert
                    WHERE c.number > ? AND NOT c.silent ORDER BY c.number LIMIT ?
                    """, arguments: [number, limit]
            ).map { row in
                AlertChange(
                    number: try row.decode(atIndex: 14),
                    event: AlertChange.Event(rawValue: try row.decode(atIndex: 15)) ?? .opened,
                    alert: try Self.alert(row))
            }
        }
    }

    package func told(_ sink: String) async throws(PluginError) -> Int64 {
        try await write { db in
            try db.execute(
                sql: """
                    INSERT INTO risk_told SELECT ?, coalesce((SELECT max(number) FROM risk_changes), 0) WHERE true
                    ON CONFLICT DO NOTHING
                    """, arguments: [sink])
            return try Int64.fetchOne(db, sql: "SELECT number FROM risk_told WHERE sink = ?", arguments: [sink]) ?? 0
        }
    }

    package func note(_ sink: String, told number: Int64) async throws(PluginError) {
        try await write { db in
            try db.execute(
                sql: "INSERT INTO risk_told VALUES (?, ?) ON CONFLICT (sink) DO UPDATE SET number = excluded.number",
                arguments: [sink, number])
        }
    }

    package func version(ofLimits text: String) async throws(PluginError) -> Int {
        let time = now()
        return try await write { db in
            let last = try Row.fetchOne(db, sql: "SELECT version, text FROM risk_limits ORDER BY version DESC LIMIT 1")
            let version = try last?.decode(Int.self, atIndex: 0) ?? 0
            if let last, try last.decode(String.self, atIndex: 1) == text { return version }
            try db.execute(
                sql: "INSERT INTO risk_limits VALUES (?, ?, ?)", arguments: [version + 1, time, text])
            return version + 1
        }
    }

    package func riskText(_ name: String) async throws(PluginError) -> String? {
        try await read { db in
            try String.fetchOne(db, sql: "SELECT text FROM risk_texts WHERE name = ?", arguments: [name])
        }
    }

    package func keep(riskText: String, as name: String) async throws(PluginError) {
        try await write { db in
            try db.execute(
                sql: "INSERT INTO risk_texts VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET text = excluded.text",
                arguments: [name, riskText])
        }
    }

    package func note(fill id: String) async throws(PluginError) -> Bool {
        let time = now()
        return try await write { db in
            try db.execute(
                sql: "INSERT INTO risk_fills VALUES (?, ?) ON CONFLICT DO NOTHING", arguments: [id, time])
            return db.changesCount > 0
        }
    }

    private static func insert(_ change: AlertChange, _ db: Database) throws {
        let alert = change.alert
        try db.execute(
            sql: """
                INSERT INTO risk_alerts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO UPDATE SET severity = excluded.severity, state = excluded.state,
                    value = excluded.value, most = excluded.most, message = excluded.message,
                    changed_at = excluded.changed_at, acknowledged_by = excluded.acknowledged_by
                """,
            arguments: [
                alert.id, alert.rule, alert.instrument, alert.subject, alert.isDrill, alert.openedAt,
                alert.limitsVersion, alert.severity.rawValue, alert.state.rawValue, alert.value, alert.limit,
                alert.message, alert.changedAt, alert.acknowledgedBy,
            ])
        try db.execute(
            sql: "INSERT INTO risk_changes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            arguments: [
                change.number, change.event.rawValue, alert.id, change.isSilent, alert.severity.rawValue,
                alert.state.rawValue, alert.value, alert.limit, alert.message, alert.changedAt, alert.acknowledgedBy,
            ])
    }

    private static func alert(_ row: Row) throws -> RiskAlert {
        RiskAlert(
            id: try row.decode(atIndex: 0), rule: try row.decode(atIndex: 1), instrument: try row.decode(atIndex: 2),
            subject: try row.decode(atIndex: 3), isDrill: try row.decode(atIndex: 4),
            openedAt: try row.decode(atIndex: 5), limitsVersion: try row.decode(atIndex: 6),
            severity: Alert.Severity(rawValue: try row.decode(atIndex: 7)) ?? .warning,
            state: AlertState(rawValue: try row.decode(atIndex: 8)) ?? .open, value: try row.decode(atIndex: 9),
            limit: try row.decode(atIndex: 10), message: try row.decode(atIndex: 11),
            changedAt: try row.decode(atIndex: 12), acknowledgedBy: try row.decode(atIndex: 13))
    }
}
