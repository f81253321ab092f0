import GRDB
package import HostCore
package import PluginKit
import SQLiteFile
import Synchronization

extension StateDatabase: EventStore {
    /// Stores what deliveries left, in one transaction; durable when it returns.
    @discardableResult
    package func store(_ entries: [StoreEntry]) async throws(PluginError) -> [Revision] {
        guard
            entries.contains(where: { $0.size > 0 })
        else { return [] }
        let storedAt = now()
        do throws(PluginError) {
            return try await write { db in
                let revised = try EventKind.allCases.flatMap { try self.write(entries, of: $0.type, storedAt, db) }
                for entry in entries {
                    try self.write(outcomesOf: entry, db)
                    try self.write(statesOf: entry, db)
                }
                return revised
            }
        } catch {
            // What was numbered in the transaction that was taken back is not there.
            numbers.withLock { $0 = Numbers(changed: $0.changed) }
            throw error
        }
    }

    /// Returns events of one kind and instrument in ascending event time; one an event: where several pipelines have it, the
    /// version stored last.
    package func events<Event: MarketEvent>(
        _ type: Event.Type, _ query: EventQuery
    ) async throws(PluginError) -> [StoredEvent<Event>] {
        try await events(type, each: [query])[0]
    }

    /// Returns the same for each of several queries.
    package func events<Event: MarketEvent>(
        _ type: Event.Type, each queries: [EventQuery]
    ) async throws(PluginError) -> [[StoredEvent<Event>]] {
        guard let row = type as? any StoredRow.Type else { return queries.map { _ in [] } }
        return try await read(row, queries) as? [[StoredEvent<Event>]] ?? queries.map { _ in [] }
    }

    /// Returns every stored version of the bars of an event time, by pipeline and version.
    package func versions(
        of instrument: Instrument, timeframe: Timeframe, at time: Int64
    ) async throws(PluginError) -> [StoredBar] {
        let query = EventQuery(
            instrument: instrument, timeframe: timeframe, range: time...time, isFromStart: true)
        return try await read { db in
            var reader = self.reader(Bar.self, query, db)
            reader.isNewestOnly = false
            return try self.series(.bar, query, in: db).flatMap { try reader.run(db, series: $0).map(\.stored) }
        }
    }

    /// Returns `[[StoredEvent<Event>]]`: where the type is known only when it runs, so is that of the result.
    @specialized(where Event == Bar)
    @specialized(where Event == Trade)
    @specialized(where Event == Quote)
    private func read<Event: StoredRow>(
        _ type: Event.Type, _ queries: [EventQuery]
    ) async throws(PluginError) -> any Sendable {
        try await read(each: queries) { db, query -> [StoredEvent<Event>] in
            let all = query.limit > 0 ? try self.series(Event.kind, query, in: db) : []
            // Only an instrument that is stored gets a number: anybody may ask for any name.
            guard !all.isEmpty else { return [] }
            let reader = self.reader(type, query, db)
            var found: [EventReader<Event>.Found] = []
            for series in all { found = EventReader.merge(found, try reader.run(db, series: series)) }
            return (query.isFromStart ? found.prefix(query.limit) : found.suffix(query.limit)).map(\.stored)
        }
    }

    private func reader<Event: StoredRow>(
        _ type: Event.Type, _ query: EventQuery, _ db: Database
    ) -> EventReader<Event> {
        EventReader(query: query, instrument: instruments.intern(query.instrument)) { number in
            try self.provenance(number, in: db)
        }
    }

    // MARK: Writing

    private func write<Event: MarketEvent>(
        _ entries: [StoreEntry], of type: Event.Type, _ storedAt: Int64, _ db: Database
    ) throws -> [Revision] {
        guard let row = type as? any StoredRow.Type else { return [] }
        return try write(entries, row, storedAt, db)
    }

    /// The events of all entries together: sorted as a whole they are written faster.
    @specialized(where Event == Bar)
    @specialized(where Event == Trade)
    @specialized(where Event == Quote)
    private func write<Event: StoredRow>(
        _ entries: [StoreEntry], _ type: Event.Type, _ storedAt: Int64, _ db: Database
    ) throws -> [Revision] {
        var revised: [RevisedGroup: [Event]] = [:]
        var groups: [SeriesGroup: (source: String, rows: [NewRow<Event>])] = [:]
        for entry in entries {
            guard let events = Event.events(of: entry.events), !events.isEmpty else { continue }
            let source = try number(of: entry.provenance, in: db)
            let group = SeriesGroup(entry)
            let places = entry.places
            groups[group, default: (entry.provenance.source, [])].rows += events.enumerated().map { index, event in
                NewRow(
                    event: event, place: Event.hasIdentity ? event.place : places.isEmpty ? nil : Int64(places[index]),
                    provenance: source, arrival: entry.arrival, isCorrection: entry.isCorrection)
            }
        }
        let writer = EventWriter<Event>(db: db, storedAt: storedAt)
        for (group, content) in groups {
            let rows = Self.sorted(content.rows)
            var start = 0
            while start < rows.count {
                let instrument = rows[start].event.instrument
                var end = start + 1
                while end < rows.count, rows[end].event.instrument == instrument { end += 1 }
                let key = SeriesKey(
                    pipeline: group.pipeline, kind: Event.kind, instrument: instruments.instrument(instrument),
                    timeframe: Self.timeframe(group.timeframe, Event.kind))
                let number = try series(key, source: content.source, in: db)
                let newest = try newest(Event.table, number, db)
                let (changed, first) = try writer.write(rows[start..<end], series: number)
                numbers.withLock { $0.newest[number] = max(newest, rows[end - 1].event.time) }
                if let first, first < newest || !changed.isEmpty { try forgetStates(of: number, from: first, db) }
                for row in changed {
                    let of = RevisedGroup(group: group, provenance: row.provenance, isCorrection: row.isCorrection)
                    revised[of, default: []].append(row.event)
                }
                start = end
            }
        }
        return try revised.map { of, events in
            Revision(
                pipeline: of.group.pipeline, timeframe: of.group.timeframe,
                provenance: try provenance(of.provenance, in: db), events: Event.batch(events),
                isCorrection: of.isCorrection, storedAt: storedAt)
        }
    }

    /// Returns the newest event time of a series, `.min` for none: what is written after it changes no past.
    private func newest(_ table: String, _ series: Int64, _ db: Database) throws -> Int64 {
        if let known = numbers.withLock({ $0.newest[series] }) { return known }
        let statement = try db.cachedStatement(sql: "SELECT max(event_time) FROM \(table) WHERE series = ?")
        return try Int64.fetchOne(statement, arguments: [series]) ?? .min
    }

    private func write(statesOf entry: StoreEntry, _ db: Database) throws {
        try write(
            entry.states,
            series: { instrument in
                let key = SeriesKey(
                    pipeline: entry.pipeline, kind: entry.events.kind, instrument: instruments.instrument(instrument),
                    timeframe: Self.timeframe(entry.timeframe, entry.events.kind))
                return try series(key, source: entry.provenance.source, in: db)
            }, db)
    }

    private struct RevisedGroup: Hashable {
        let group: SeriesGroup
        let provenance: Int64
        let isCorrection: Bool
    }

    private struct SeriesGroup: Hashable {
        let pipeline: String
        let timeframe: Timeframe

        init(_ entry: StoreEntry) { (pipeline, timeframe) = (entry.pipeline, entry.timeframe) }
    }

    /// Sorts by instrument and event time, keeping the order of equal ones; most batches are sorted already.
    private static func sorted<Event: StoredRow>(_ rows: [NewRow<Event>]) -> [NewRow<Event>] {
        func isBefore(_ left: NewRow<Event>, _ right: NewRow<Event>) -> Bool {
            (left.event.instrument, left.event.time) < (right.event.instrument, right.event.time)
        }
        let isSorted = zip(rows, rows.dropFirst()).allSatisfy { !isBefore($1, $0) }
        return isSorted ? rows : rows.sorted(by: isBefore)
    }

    // MARK: Series and provenances

    /// A timeframe belongs to bars; other kinds have one series an instrument.
    static func timeframe(_ timeframe: Timeframe, _ kind: EventKind) -> String {
        kind == .bar ? timeframe.description : ""
    }

    private func series(_ key: SeriesKey, source: String, in db: Database) throws -> Int64 {
        if let known = numbers.withLock({ $0.series[key] }) { return known }
        func arguments(_ pipeline: String) -> StatementArguments {
            [pipeline, key.kind.rawValue, key.instrument.code, key.instrument.venue, key.timeframe]
        }
        let columns = "(pipeline, kind, code, venue, timeframe)"
        let select = "SELECT id FROM series WHERE \(columns) = (?, ?, ?, ?, ?)"
        if try Int64.fetchOne(db, sql: select, arguments: arguments(key.pipeline)) == nil {
            // What an earlier version stored belongs to a source; the first pipeline that takes from it goes on with that.
            try db.execute(
                sql: "UPDATE series SET pipeline = ? WHERE \(columns) = (?, ?, ?, ?, ?)",
                arguments: [key.pipeline] + arguments("@\(source)"))
            try db.execute(
                sql: "INSERT OR IGNORE INTO series \(columns) VALUES (?, ?, ?, ?, ?)",
                arguments: arguments(key.pipeline))
        }
        guard let found = try Int64.fetchOne(db, sql: select, arguments: arguments(key.pipeline)) else {
            throw faults.damaged("a series that was just added is not there")
        }
        numbers.withLock { $0.series[key] = found }
        return found
    }

    /// The series that a query means; one of a named pipeline is remembered.
    func series(_ kind: EventKind, _ query: EventQuery, in db: Database) throws -> [Int64] {
        let timeframe = Self.timeframe(query.timeframe, kind)
        let key = query.pipeline.map {
            SeriesKey(pipeline: $0, kind: kind, instrument: query.instrument, timeframe: timeframe)
        }
        if let key, let known = numbers.withLock({ $0.series[key] }) { return [known] }
        let statement = try BulkStatement(
            db,
            """
            SELECT id FROM series WHERE code = ? AND venue = ? AND kind = ? AND timeframe = ?
                AND (?5 IS NULL OR pipeline = ?5) ORDER BY pipeline
            """)
        statement.bind(1, query.instrument.code)
        statement.bind(2, query.instrument.venue)
        statement.bind(3, kind.rawValue)
        statement.bind(4, timeframe)
        if let pipeline = query.pipeline { statement.bind(5, pipeline) }
        var found: [Int64] = []
        while try statement.next() { found.append(statement.integer(0)) }
        if let key, let only = found.first { numbers.withLock { $0.series[key] = only } }
        return found
    }

    /// Returns the number of a provenance, adding it where it is new.
    func number(of provenance: Provenance, in db: Database) throws -> Int64 {
        if let known = numbers.withLock({ $0.provenances[provenance] }) { return known }
        let arguments: StatementArguments = [
            provenance.source, provenance.attempts, provenance.reason.rawValue, provenance.fetchedAt ?? 0,
        ]
        let columns = "(source, attempts, reason, fetched_at)"
        try db.execute(
            sql: "INSERT OR IGNORE INTO provenances \(columns) VALUES (?, ?, ?, ?)", arguments: arguments)
        let found = try Int64.fetchOne(
            db, sql: "SELECT id FROM provenances WHERE \(columns) = (?, ?, ?, ?)", arguments: arguments)
        guard let found else { throw faults.damaged("a provenance that was just added is not there") }
        numbers.withLock { $0.note(provenance, found) }
        return found
    }

    /// Returns a provenance by its number.
    func provenance(_ number: Int64, in db: Database) throws -> Provenance {
        if let known = numbers.withLock({ $0.named[number] }) { return known }
        let statement = try BulkStatement(
            db, "SELECT source, attempts, reason, fetched_at FROM provenances WHERE id = ?")
        statement.bind(1, number)
        guard try statement.next() else { throw faults.damaged("a row has a provenance that is not there") }
        let fetchedAt = statement.integer(3)
        let provenance = Provenance(
            source: statement.text(0), attempts: Int(statement.integer(1)),
            reason: Provenance.Reason(rawValue: statement.text(2)), fetchedAt: fetchedAt == 0 ? nil : fetchedAt)
        numbers.withLock { $0.note(provenance, number) }
        return provenance
    }
}

/// What a run of versions belongs to.
struct SeriesKey: Hashable {
    let pipeline: String
    let kind: EventKind
    let instrument: Instrument
    let timeframe: String
}

/// Numbers of series and provenances that are known without asking the file.
struct Numbers {
    /// Provenances that are remembered at most.
    private static let limit = 4_096

    var series: [SeriesKey: Int64] = [:]
    var outcomes: [OutcomeKey: Int64] = [:]
    /// The newest event time of series that were written.
    var newest: [Int64: Int64] = [:]
    /// Series whose past was changed in this run.
    var changed: Set<Int64> = []
    private(set) var provenances: [Provenance: Int64] = [:]
    private(set) var named: [Int64: Provenance] = [:]

    init(changed: Set<Int64> = []) { self.changed = changed }

    mutating func note(_ provenance: Provenance, _ number: Int64) {
        if named.count >= Self.limit { (provenances, named) = ([:], [:]) }
        provenances[provenance] = number
        named[number] = provenance
    }
}
