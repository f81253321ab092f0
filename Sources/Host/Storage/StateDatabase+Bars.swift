import GRDB
package import HostCore
package import PluginKit
import SQLiteFile
import Synchronization

extension StateDatabase: EventStore {
    /// Stores what deliveries left, in one transaction; durable when it returns.
    package func store(_ entries: [StoreEntry]) async throws(PluginError) {
        let storedAt = now()
        do throws(PluginError) {
            try await write { db in
                for (key, bars) in try Self.runs(entries) {
                    let writer = BarWriter(db: db, storedAt: storedAt) { id in
                        try self.series(
                            SeriesKey(
                                instrument: self.instruments.instrument(id), timeframe: key.timeframe,
                                source: key.source), in: db)
                    }
                    try writer.write(bars)
                }
            }
        } catch {
            // A series numbered in the transaction that was taken back is not there.
            series.withLock { $0.removeAll() }
            throw error
        }
    }

    private struct Run: Hashable {
        let timeframe: Timeframe
        let source: String
    }

    /// The bars of neighbouring entries of one source together: sorted as a whole they are written faster.
    private static func runs(_ entries: [StoreEntry]) throws -> [(key: Run, bars: [Bar])] {
        var runs: [(key: Run, bars: [Bar])] = []
        for entry in entries {
            guard case .bars(let bars) = entry.events else {
                throw PluginError(
                    .unsupported, "state database: it keeps bars, not \(entry.events.kind.rawValue) events.")
            }
            let key = Run(timeframe: entry.timeframe, source: entry.provenance.source)
            if runs.last?.key == key { runs[runs.count - 1].bars += bars } else { runs.append((key, bars)) }
        }
        return runs
    }

    /// Returns events of one kind and instrument in ascending event time.
    package func events<Event: MarketEvent>(
        _ type: Event.Type, _ query: EventQuery
    ) async throws(PluginError) -> [StoredEvent<Event>] {
        guard query.limit > 0 else { return [] }
        let found = try await read { db in
            let all = try Self.series(of: query.instrument, timeframe: query.timeframe, in: db)
            // Only an instrument that is stored gets a number: anybody may ask for any name.
            guard !all.isEmpty else { return [StoredBar]() }
            let reading = BarQuery(
                range: query.range, limit: query.limit, asOf: query.asOf,
                instrument: self.instruments.intern(query.instrument))
            var found: [StoredBar] = []
            for (series, source) in all {
                found = BarQuery.merge(found, try reading.run(db, series: series, source: source))
            }
            return found.suffix(query.limit)
        }
        return found as? [StoredEvent<Event>] ?? []
    }

    /// Returns every stored version of the bars of an event time, by source and version.
    package func versions(
        of instrument: Instrument, timeframe: Timeframe, at time: Int64
    ) async throws(PluginError) -> [StoredBar] {
        try await read { db in
            try Self.series(of: instrument, timeframe: timeframe, in: db).flatMap { series, source in
                let query = BarQuery(
                    range: time...time, limit: .max, asOf: .max, instrument: self.instruments.intern(instrument),
                    isNewestOnly: false)
                return try query.run(db, series: series, source: source)
            }
        }
    }

    private func series(_ key: SeriesKey, in db: Database) throws -> Int64 {
        if let known = series.withLock({ $0[key] }) { return known }
        try db.execute(
            sql: "INSERT OR IGNORE INTO series (code, venue, timeframe, source) VALUES (?, ?, ?, ?)",
            arguments: [key.instrument.code, key.instrument.venue, key.timeframe.description, key.source])
        let found = try Int64.fetchOne(
            db, sql: "SELECT id FROM series WHERE code = ? AND venue = ? AND timeframe = ? AND source = ?",
            arguments: [key.instrument.code, key.instrument.venue, key.timeframe.description, key.source])
        guard let found else { throw faults.damaged("a series that was just added is not there") }
        series.withLock { $0[key] = found }
        return found
    }

    private static func series(
        of instrument: Instrument, timeframe: Timeframe, in db: Database
    ) throws -> [(id: Int64, source: String)] {
        let rows = try Row.fetchAll(
            db, sql: "SELECT id, source FROM series WHERE code = ? AND venue = ? AND timeframe = ? ORDER BY source",
            arguments: [instrument.code, instrument.venue, timeframe.description])
        return try rows.map { (try $0.decode(atIndex: 0), try $0.decode(atIndex: 1)) }
    }
}
