import GRDB
import HostCore
package import PluginKit
import Synchronization

/// How long the state database keeps what nothing is served from.
package struct RetentionRules: Sendable, Hashable {
    /// Age above which refused rows are removed, nanoseconds; `nil` for none.
    package let quarantineAge: Int64?
    /// Refused rows that are kept at most, the newest.
    package let quarantineRows: Int
    /// How long a bar's version stays after a newer one took its place, nanoseconds; `nil` for ever.
    package let versionAge: Int64?
    /// How old events of a kind may get, nanoseconds; kinds that are not named stay for ever.
    package let eventAges: [EventKind: Int64]
    /// How old an outcome may get, with the prediction it is of, nanoseconds; `nil` for any age. What waits stays.
    package let predictionAge: Int64?
    /// How old a state of what a model learned may get, nanoseconds; `nil` for any age.
    package let learnedAge: Int64?

    /// Creates rules.
    package init(
        quarantineAge: Int64?, quarantineRows: Int = 100_000, versionAge: Int64?, eventAges: [EventKind: Int64] = [:],
        predictionAge: Int64? = nil, learnedAge: Int64? = nil
    ) {
        self.eventAges = eventAges
        self.predictionAge = predictionAge
        self.learnedAge = learnedAge
        self.quarantineAge = quarantineAge
        self.quarantineRows = quarantineRows
        self.versionAge = versionAge
    }
}

/// Removes what is older than the rules allow, in steps so small that no write waits long.
package final class Retention: Sendable {
    private struct State {
        /// The last series and event time whose versions were looked at.
        var place: (series: Int64, time: Int64) = (.min, .min)
        var removed = Removed()
    }

    /// Rows removed since the host started.
    package struct Removed: Sendable, Hashable {
        /// Refused rows.
        package var quarantine = 0
        /// Versions of bars that a newer one took the place of.
        package var versions = 0
        /// Events older than is kept of their kind.
        package var events: [EventKind: Int] = [:]
        /// Predictions whose outcome is older than is kept.
        package var predictions = 0
        /// States of what models learned.
        package var learned = 0

        /// All of it, by the name that metrics have for it.
        package var byKind: [String: Int] {
            let rows = ["quarantine": quarantine, "versions": versions, "predictions": predictions, "learned": learned]
            return events.reduce(into: rows) { $0[$1.key.rawValue] = $1.value }
        }
    }

    /// Rows of a step.
    private static let step = 2_000

    private let database: StateDatabase
    private let state = Mutex(State())

    /// Creates it for an open database.
    package init(_ database: StateDatabase) { self.database = database }

    /// What was removed since the host started.
    package var removed: Removed { state.withLock { $0.removed } }

    /// Takes one step; returns whether there may be more to remove. Throws what a write throws.
    package func step(_ rules: RetentionRules) async throws(PluginError) -> Bool {
        let gone = try await database.removeQuarantine(rules, step: Self.step)
        state.withLock { $0.removed.quarantine += gone }
        var isMore = gone > 0
        for (kind, age) in rules.eventAges.sorted(by: { $0.key < $1.key }) {
            let old = try await database.removeEvents(kind.type, age: age, step: Self.step)
            state.withLock { $0.removed.events[kind, default: 0] += old }
            isMore = isMore || old > 0
        }
        if let age = rules.predictionAge {
            let old = try await database.removePredictions(age: age, step: Self.step)
            state.withLock { $0.removed.predictions += old }
            isMore = isMore || old > 0
        }
        if let age = rules.learnedAge {
            let old = try await database.removeLearned(age: age, step: Self.step)
            state.withLock { $0.removed.learned += old }
            isMore = isMore || old > 0
        }
        guard let age = rules.versionAge else { return isMore }
        let place = state.withLock { $0.place }
        let (next, versions) = try await database.removeVersions(after: place, age: age, step: Self.step)
        state.withLock { state in
            state.place = next ?? (.min, .min)
            state.removed.versions += versions
        }
        return isMore || next != nil
    }
}

extension StateDatabase {
    fileprivate func removeQuarantine(_ rules: RetentionRules, step: Int) async throws(PluginError) -> Int {
        let cutoff = rules.quarantineAge.map { Self.before(now(), $0) } ?? .min
        return try await write { db in
            try db.execute(
                sql: """
                    DELETE FROM quarantine WHERE id IN (
                        SELECT id FROM quarantine
                        WHERE id <= (SELECT max(id) FROM quarantine) - ? OR stored_at < ? ORDER BY id LIMIT ?)
                    """,
                arguments: [rules.quarantineRows, cutoff, step])
            return db.changesCount
        }
    }

    /// Removes events of a kind that are older than an age: of one series, about so many; returns how many went.
    fileprivate func removeEvents(
        _ type: any MarketEvent.Type, age: Int64, step: Int
    ) async throws(PluginError) -> Int {
        guard let row = type as? any StoredRow.Type else { return 0 }
        let (table, kind, cutoff) = (row.table, row.kind.rawValue, Self.before(now(), age))
        return try await write { db in
            let series = try Int64.fetchOne(
                db,
                sql: """
                    SELECT id FROM series WHERE kind = ? AND EXISTS (
                        SELECT 1 FROM \(table) WHERE series = id AND event_time < ?) LIMIT 1
                    """,
                arguments: [kind, cutoff])
            guard let series else { return 0 }
            try db.execute(
                sql: """
                    DELETE FROM \(table) WHERE series = ? AND event_time < ? AND event_time <= ifnull((
                        SELECT event_time FROM \(table) WHERE series = ? AND event_time < ?
                        ORDER BY event_time LIMIT 1 OFFSET ?), event_time)
                    """,
                arguments: [series, cutoff, series, cutoff, step])
            return db.changesCount
        }
    }

    /// Removes predictions whose outcome became known before an age: of one series, about so many; returns how many went.
    fileprivate func removePredictions(age: Int64, step: Int) async throws(PluginError) -> Int {
        let cutoff = Self.before(now(), age)
        // What is known was said before: so only what waits is looked at in vain.
        let old = "series = ? AND predicted_at < ? AND known_at < ?"
        return try await write { db in
            let series = try Int64.fetchOne(
                db,
                sql: """
                    SELECT id FROM outcome_series WHERE EXISTS (
                        SELECT 1 FROM predictions WHERE series = id AND predicted_at < ? AND known_at < ?) LIMIT 1
                    """,
                arguments: [cutoff, cutoff])
            guard let series else { return 0 }
            try db.execute(
                sql: """
                    DELETE FROM predictions WHERE \(old) AND predicted_at <= ifnull((
                        SELECT predicted_at FROM predictions WHERE \(old) ORDER BY predicted_at LIMIT 1 OFFSET ?), predicted_at)
                    """,
                arguments: [series, cutoff, cutoff, series, cutoff, cutoff, step])
            return db.changesCount
        }
    }

    /// Removes so many states of what models learned that are older than an age; returns how many went. The newest few of an
    /// instrument stay: a history that ended long ago is not learned again at each start.
    fileprivate func removeLearned(age: Int64, step: Int) async throws(PluginError) -> Int {
        let cutoff = Self.before(now(), age)
        return try await write { db in
            try db.execute(
                sql: """
                    DELETE FROM learned WHERE (series, event_time) IN (
                        SELECT series, event_time FROM learned WHERE event_time < ? AND number <= (
                            SELECT max(number) FROM learned AS newest WHERE newest.series = learned.series) - ? LIMIT ?)
                    """,
                arguments: [cutoff, LearnedState.newest, step])
            return db.changesCount
        }
    }

    /// Looks at some event times after a place; returns the last of them, `nil` at the end, and how many versions went.
    fileprivate func removeVersions(
        after place: (series: Int64, time: Int64), age: Int64, step: Int
    ) async throws(PluginError) -> (next: (series: Int64, time: Int64)?, removed: Int) {
        let last = try await read { db -> (Int64, Int64)? in
            let row = try Row.fetchOne(
                db,
                sql: """
                    SELECT series, event_time FROM bars WHERE (series, event_time) > (?, ?)
                    ORDER BY series, event_time LIMIT 1 OFFSET ?
                    """,
                arguments: [place.series, place.time, step * 10])
            return try row.map { (try $0.decode(atIndex: 0), try $0.decode(atIndex: 1)) }
        }
        let (end, cutoff) = (last ?? (.max, .max), Self.before(now(), age))
        let removed = try await write { db in
            try db.execute(
                sql: """
                    DELETE FROM bars WHERE (series, event_time) > (?, ?) AND (series, event_time) <= (?, ?) AND EXISTS (
                        SELECT 1 FROM bars AS newer WHERE newer.series = bars.series AND newer.event_time = bars.event_time
                            AND newer.place = bars.place AND newer.version > bars.version AND newer.stored_at < ?)
                    """,
                arguments: [place.series, place.time, end.0, end.1, cutoff])
            return db.changesCount
        }
        return (last.map { ($0.0, $0.1) }, removed)
    }

    private static func before(_ now: Int64, _ age: Int64) -> Int64 {
        let (time, overflows) = now.subtractingReportingOverflow(age)
        return overflows ? .min : time
    }
}
