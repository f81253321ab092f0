import GRDB
package import HostCore
package import PluginKit
import SQLiteFile
import Synchronization

extension StateDatabase: BarStore {
    /// Stores bars of one source; one equal to the newest stored version changes nothing, a different one becomes a new
    /// version. Durable when it returns.
    package func store(_ bars: [Bar], source: String, timeframe: Timeframe) async throws(PluginError) {
        guard !bars.isEmpty else { return }
        let storedAt = now()
        do throws(PluginError) {
            try await write { db in
                let writer = BarWriter(db: db, storedAt: storedAt) { id in
                    let instrument = self.instruments.instrument(id)
                    return try self.series(
                        SeriesKey(instrument: instrument, timeframe: timeframe, source: source), in: db)
                }
                try writer.write(bars)
            }
        } catch {
            // A series numbered in the transaction that was taken back is not there.
            series.withLock { $0.removeAll() }
            throw error
        }
    }

    /// Returns the newest versions in ascending event time, at most `limit` of the latest.
    ///
    /// One bar an event time: where several sources gave one, the version stored last.
    package func bars(
        of instrument: Instrument, timeframe: Timeframe, range: ClosedRange<Int64>, limit: Int
    ) async throws(PluginError) -> [StoredBar] {
        try await bars(of: instrument, timeframe: timeframe, range: range, limit: limit, asOf: .max)
    }

    /// Returns what `bars(of:timeframe:range:limit:)` would have returned at an earlier instant: versions stored after
    /// `asOf` are passed over.
    package func bars(
        of instrument: Instrument, timeframe: Timeframe, range: ClosedRange<Int64>, limit: Int, asOf: Int64
    ) async throws(PluginError) -> [StoredBar] {
        guard limit > 0 else { return [] }
        return try await read { db in
            let all = try Self.series(of: instrument, timeframe: timeframe, in: db)
            // Only an instrument that is stored gets a number: anybody may ask for any name.
            guard !all.isEmpty else { return [] }
            let query = BarQuery(
                range: range, limit: limit, asOf: asOf, instrument: self.instruments.intern(instrument))
            var found: [StoredBar] = []
            for (series, source) in all {
                found = BarQuery.merge(found, try query.run(db, series: series, source: source))
            }
            return found.suffix(limit)
        }
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
