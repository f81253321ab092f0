import FoundationEssentials
import GRDB
package import HostCore
package import PluginKit
import Synchronization

extension StateDatabase {
    /// Kept states of a series: the newest, and one before it, since the last event of a series goes out once more.
    private static let keptStates = 2

    /// Returns the newest kept states of a pipeline's indicators, not later than the end of the query's range.
    package func indicatorState(
        _ kind: EventKind, _ query: EventQuery, plan: String
    ) async throws(PluginError) -> IndicatorState? {
        let id = instruments.intern(query.instrument)
        return try await read { db in
            guard let series = try Self.series(kind, query, in: db).first else { return nil }
            let statement = try db.cachedStatement(
                sql: """
                    SELECT event_time, state FROM indicator_states WHERE series = ? AND plan = ? AND event_time <= ?
                    ORDER BY event_time DESC LIMIT 1
                    """)
            let row = try Row.fetchOne(statement, arguments: [series, plan, query.range.upperBound])
            return try row.map {
                IndicatorState(
                    instrument: id, time: try $0.decode(atIndex: 0), plan: plan,
                    bytes: Array(try $0.decode(Data.self, atIndex: 1)))
            }
        }
    }

    /// Writes states of a series, in the transaction of its events; none where the past of the series was changed in this run:
    /// what runs has not seen that.
    func write(_ states: [IndicatorState], series: (InstrumentID) throws -> Int64, _ db: Database) throws {
        for state in states {
            let number = try series(state.instrument)
            guard numbers.withLock({ !$0.changed.contains(number) }) else { continue }
            try db.cachedStatement(sql: "INSERT OR REPLACE INTO indicator_states VALUES (?, ?, ?, ?)").execute(
                arguments: [number, state.time, state.plan, Data(state.bytes)])
            try db.cachedStatement(
                sql: """
                    DELETE FROM indicator_states WHERE series = ? AND (plan <> ? OR event_time < ifnull((
                        SELECT event_time FROM indicator_states WHERE series = ? ORDER BY event_time DESC LIMIT 1 OFFSET ?), 0))
                    """
            ).execute(arguments: [number, state.plan, number, Self.keptStates - 1])
        }
    }

    /// Forgets states that have seen what an event time took the place of, or came before.
    func forgetStates(of series: Int64, from time: Int64, _ db: Database) throws {
        numbers.withLock { _ = $0.changed.insert(series) }
        try db.cachedStatement(sql: "DELETE FROM indicator_states WHERE series = ? AND event_time >= ?").execute(
            arguments: [series, time])
    }
}
