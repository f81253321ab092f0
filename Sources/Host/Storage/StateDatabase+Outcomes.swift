import FoundationEssentials
import GRDB
package import HostCore
package import PluginKit
import SQLiteFile
import Synchronization

extension StateDatabase: OutcomeStore {
    /// Returns for each place the predictions whose outcome is not known, or became known after its event time, and so many of those
    /// before.
    package func predictions(
        knownAfter places: [OutcomePlace], before: Int
    ) async throws(PluginError) -> [[KeptPrediction]] {
        try await read(each: places) { db, place in
            guard let series = try Self.series(place.key, in: db) else { return [] }
            return try Self.predictions(series, place, before, self.instruments.intern(place.key.instrument), db)
        }
    }

    private static func predictions(
        _ series: Int64, _ place: OutcomePlace, _ before: Int, _ id: InstrumentID, _ db: Database
    ) throws -> [KeptPrediction] {
        let statement = try BulkStatement(
            db,
            """
            SELECT predicted_at, horizon, value, flags, known_at IS NOT NULL, known_at, actual, version FROM predictions
            WHERE series = ? ORDER BY predicted_at DESC
            """)
        statement.bind(1, series)
        let key = place.key
        var (found, earlier) = ([KeptPrediction](), 0)
        // Outcomes become known in the order in which predictions were made.
        while try statement.next() {
            let known = statement.integer(4) == 0 ? nil : statement.integer(5)
            if let known, known <= place.time {
                guard earlier < before else { break }
                earlier += 1
            }
            found.append(
                KeptPrediction(
                    model: key.model, target: key.target, instrument: id, time: statement.integer(0),
                    horizon: Int(statement.integer(1)), value: statement.number(2),
                    flags: EventFlags(rawValue: UInt32(truncatingIfNeeded: statement.integer(3))), known: known,
                    actual: statement.number(6), version: Int(statement.integer(7)), shadow: key.shadow))
        }
        return found.reversed()
    }

    /// Returns for each key when the first outcome of its instrument became known.
    package func firstOutcomes(_ keys: [OutcomeKey]) async throws(PluginError) -> [Int64?] {
        try await read(each: keys) { db, key -> Int64? in
            guard let series = try Self.series(key, in: db) else { return nil }
            let statement = try BulkStatement(
                db,
                "SELECT known_at FROM predictions WHERE series = ? AND actual IS NOT NULL ORDER BY predicted_at LIMIT 1"
            )
            statement.bind(1, series)
            return try statement.next() ? statement.integer(0) : nil
        }
    }

    /// Returns for each place the newest state of a learner of a fit after a bar not later than its event time.
    package func learned(
        through places: [OutcomePlace], fit: String
    ) async throws(PluginError) -> [LearnedState?] {
        try await read(each: places) { db, place -> LearnedState? in
            let key = place.key
            guard let series = try Self.series(key, in: db) else { return nil }
            let statement = try BulkStatement(
                db,
                """
                SELECT event_time, number, labels, state FROM learned WHERE series = ? AND fit = ? AND event_time <= ?
                ORDER BY event_time DESC LIMIT 1
                """)
            statement.bind(1, series)
            statement.bind(2, fit)
            statement.bind(3, place.time)
            guard try statement.next() else { return nil }
            return LearnedState(
                model: key.model, target: key.target, instrument: self.instruments.intern(key.instrument),
                time: statement.integer(0), fit: fit, number: Int(statement.integer(1)),
                labels: Int(statement.integer(2)), bytes: statement.bytes(3), shadow: key.shadow)
        }
    }

    /// Returns what became of predictions, the last ones in ascending order of when it became known.
    package func outcomes(_ query: OutcomeQuery) async throws(PluginError) -> [StoredOutcome] {
        guard query.limit > 0 else { return [] }
        return try await read { db in
            let wanted = Set(query.instruments)
            let rows = try Row.fetchAll(
                db,
                sql: """
                    SELECT id, pipeline, timeframe, model, code, venue FROM outcome_series
                    WHERE \(Self.isAsked) ORDER BY id
                    """,
                arguments: Self.arguments(query))
            var found: [StoredOutcome] = []
            for row in rows {
                let instrument = Instrument(code: try row.decode(atIndex: 4), venue: try row.decode(atIndex: 5))
                guard wanted.isEmpty || wanted.contains(instrument) else { continue }
                found += try self.outcomes(
                    query, series: row.decode(atIndex: 0), pipeline: row.decode(atIndex: 1),
                    timeframe: row.decode(atIndex: 2), model: row.decode(atIndex: 3), instrument, db)
            }
            found.sort {
                ($0.outcome.time, $0.outcome.model, $0.instrument) < ($1.outcome.time, $1.outcome.model, $1.instrument)
            }
            return found.suffix(query.limit)
        }
    }

    private func outcomes(
        _ query: OutcomeQuery, series: Int64, pipeline: String, timeframe: String, model: String,
        _ instrument: Instrument, _ db: Database
    ) throws -> [StoredOutcome] {
        let statement = try BulkStatement(
            db,
            """
            SELECT known_at, predicted_at, horizon, value, actual, flags, version FROM predictions
            WHERE series = ? AND actual IS NOT NULL AND known_at BETWEEN ? AND ? ORDER BY predicted_at DESC LIMIT ?
            """)
        statement.bind(1, series)
        statement.bind(2, query.range.lowerBound)
        statement.bind(3, query.range.upperBound)
        statement.bind(4, Int64(query.limit))
        let id = instruments.intern(instrument)
        var found: [StoredOutcome] = []
        while try statement.next() {
            found.append(
                StoredOutcome(
                    pipeline: pipeline, timeframe: timeframe, instrument: instrument,
                    outcome: Outcome(
                        time: statement.integer(0), model: model, predictedAt: statement.integer(1),
                        horizon: Int(statement.integer(2)), value: statement.number(3), actual: statement.number(4),
                        instrument: id,
                        flags: EventFlags(rawValue: UInt32(truncatingIfNeeded: statement.integer(5)))),
                    version: Int(statement.integer(6)), isShadow: query.ofShadows))
        }
        return found
    }

    /// What is asked of a series.
    static let isAsked = """
        (?1 IS NULL OR model = ?1) AND (?2 IS NULL OR pipeline = ?2) AND (?3 IS NULL OR timeframe = ?3) AND (shadow > 0) = ?4
        """

    /// The values of `isAsked`.
    static func arguments(_ query: OutcomeQuery) -> StatementArguments {
        [query.model, query.pipeline, query.timeframe?.description, query.ofShadows]
    }

    // MARK: Writing

    /// Writes what an entry says of predictions, inside the transaction of its events.
    ///
    /// What was said first of a bar stands, and so does the outcome that was known first.
    func write(outcomesOf entry: StoreEntry, _ db: Database) throws {
        var numbers: [PlaceOfSeries: Int64] = [:]
        func number(_ model: String, _ target: String, _ instrument: InstrumentID, _ shadow: Int) throws -> Int64 {
            let place = PlaceOfSeries(model: model, target: target, instrument: instrument, shadow: shadow)
            if let known = numbers[place] { return known }
            let found = try series(
                OutcomeKey(
                    pipeline: entry.pipeline, timeframe: entry.timeframe, model: model, target: target,
                    instrument: instruments.instrument(instrument), shadow: shadow), in: db)
            numbers[place] = found
            return found
        }
        if !entry.predictions.isEmpty {
            try write(entry.predictions, db) { try number($0.model, $0.target, $0.instrument, $0.shadow) }
        }
        for state in entry.learned {
            try write(
                state, try number(state.model, state.target, state.instrument, state.shadow),
                span: LearnedState.span(of: entry.timeframe), db)
        }
    }

    private struct PlaceOfSeries: Hashable {
        let model: String
        let target: String
        let instrument: InstrumentID
        let shadow: Int
    }

    private func write(
        _ predictions: [KeptPrediction], _ db: Database, series: (KeptPrediction) throws -> Int64
    ) throws {
        let numbered = try predictions.map { (try series($0), $0) }
        let statement = try BulkStatement(
            db,
            """
            INSERT INTO predictions (series, predicted_at, horizon, value, flags, known_at, actual, version)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET known_at = excluded.known_at, actual = excluded.actual
            WHERE predictions.known_at IS NULL AND excluded.known_at IS NOT NULL
            """)
        for (series, row) in numbered {
            statement.bind(1, series)
            statement.bind(2, row.time)
            statement.bind(3, Int64(row.horizon))
            statement.bind(4, row.value)
            statement.bind(5, Int64(row.flags.rawValue))
            if let known = row.known { statement.bind(6, known) } else { statement.bindNull(6) }
            statement.bind(7, row.actual)
            statement.bind(8, Int64(row.version))
            try statement.run()
        }
    }

    /// Writes a state; of those before the newest few the last before each multiple of `span` stay.
    private func write(_ state: LearnedState, _ series: Int64, span: Int64, _ db: Database) throws {
        try db.cachedStatement(sql: "INSERT OR REPLACE INTO learned VALUES (?, ?, ?, ?, ?, ?)").execute(
            arguments: [series, state.time, state.fit, state.number, state.labels, Data(state.bytes)])
        try db.cachedStatement(
            sql: """
                DELETE FROM learned WHERE series = ? AND (fit <> ? OR number <= ? OR (number <= ? AND event_time / ? = (
                    SELECT min(event_time) FROM learned AS next
                    WHERE next.series = learned.series AND next.event_time > learned.event_time) / ?))
                """
        ).execute(
            arguments: [
                series, state.fit, state.number - LearnedState.oldest, state.number - LearnedState.newest, span, span,
            ])
    }

    private static let columns = "(pipeline, timeframe, model, target, code, venue, shadow)"

    private static func arguments(_ key: OutcomeKey) -> StatementArguments {
        [
            key.pipeline, key.timeframe.description, key.model, key.target, key.instrument.code, key.instrument.venue,
            key.shadow,
        ]
    }

    private static func series(_ key: OutcomeKey, in db: Database) throws -> Int64? {
        let statement = try BulkStatement(db, "SELECT id FROM outcome_series WHERE \(columns) = (?, ?, ?, ?, ?, ?, ?)")
        statement.bind(1, key.pipeline)
        statement.bind(2, key.timeframe.description)
        statement.bind(3, key.model)
        statement.bind(4, key.target)
        statement.bind(5, key.instrument.code)
        statement.bind(6, key.instrument.venue)
        statement.bind(7, Int64(key.shadow))
        return try statement.next() ? statement.integer(0) : nil
    }

    private func series(_ key: OutcomeKey, in db: Database) throws -> Int64 {
        if let known = numbers.withLock({ $0.outcomes[key] }) { return known }
        try db.execute(
            sql: "INSERT OR IGNORE INTO outcome_series \(Self.columns) VALUES (?, ?, ?, ?, ?, ?, ?)",
            arguments: Self.arguments(key))
        guard let found = try Self.series(key, in: db) else {
            throw faults.damaged("a series that was just added is not there")
        }
        numbers.withLock { $0.outcomes[key] = found }
        return found
    }
}
