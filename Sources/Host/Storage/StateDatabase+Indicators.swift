import FoundationEssentials
import GRDB
package import HostCore
package import PluginKit
import SQLiteFile
import Synchronization

extension StateDatabase {
    /// Kept states of a series: the newest, one before it, since the last event of a series goes out once more, and another one for
    /// windows that begin before that.
    private static let keptStates = 3

    /// Returns for each query the newest kept states of a pipeline's indicators, not later than the end of its range.
    package func indicatorStates(
        _ kind: EventKind, each queries: [EventQuery], plan: String
    ) async throws(PluginError) -> [IndicatorState?] {
        try await read(each: queries) { db, query -> IndicatorState? in
            guard let series = try self.series(kind, query, in: db).first else { return nil }
            let statement = try BulkStatement(
                db,
                """
                SELECT event_time, state FROM indicator_states WHERE series = ? AND plan = ? AND event_time <= ?
                ORDER BY event_time DESC LIMIT 1
                """)
            statement.bind(1, series)
            statement.bind(2, plan)
            statement.bind(3, query.range.upperBound)
            guard try statement.next() else { return nil }
            return IndicatorState(
                instrument: self.instruments.intern(query.instrument), time: statement.integer(0), plan: plan,
                bytes: statement.bytes(1))
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
