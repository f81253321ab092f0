import GRDB
import PluginKit
import SQLiteFile

/// Writes the bars of one source inside a transaction: only what differs from the newest stored version.
///
/// The bars of an instrument are compared with one range scan of what is stored, walked backwards beside them, so an
/// unchanged bar costs one step of a cursor and a new one is appended at the end of its series.
struct BarWriter {
    let db: Database
    let storedAt: Int64
    /// Gives the series of an instrument.
    let series: (InstrumentID) throws -> Int64

    /// Flags that say something about the bar; the others describe the run that saw it and make no new version.
    static let kept: EventFlags = [.partial, .adjusted, .newLevel]

    /// Below so many bars each is looked up alone: they may lie far apart.
    private static let scanThreshold = 16

    /// Stores the bars; of several with one event time the order in the array is the order of versions.
    func write(_ bars: [Bar]) throws {
        let sorted = Self.sorted(bars)
        var start = 0
        while start < sorted.count {
            let instrument = sorted[start].instrument
            var end = start + 1
            while end < sorted.count, sorted[end].instrument == instrument { end += 1 }
            try write(sorted[start..<end], series: series(instrument))
            start = end
        }
    }

    private func write(_ bars: ArraySlice<Bar>, series: Int64) throws {
        var changes: [Change] = []
        if bars.count >= Self.scanThreshold {
            try collect(bars, series: series, into: &changes)
        } else {
            var end = bars.endIndex
            while end > bars.startIndex {
                let start = Self.startOfGroup(bars, endingAt: end)
                try collect(bars[start..<end], series: series, into: &changes)
                end = start
            }
        }
        try insert(changes, series: series)
    }

    /// Finds what differs, latest event time first.
    private func collect(_ bars: ArraySlice<Bar>, series: Int64, into changes: inout [Change]) throws {
        guard let first = bars.first, let last = bars.last else { return }
        var stored = try NewestVersions(db, series: series, range: first.time...last.time)
        var end = bars.endIndex
        while end > bars.startIndex {
            let start = Self.startOfGroup(bars, endingAt: end)
            let newest = try stored.newest(at: bars[start].time)
            appendChanges(bars[start..<end], after: newest, to: &changes)
            end = start
        }
    }

    /// Compares bars of one event time, each with the one before it; keeps `changes` latest first.
    private func appendChanges(_ group: ArraySlice<Bar>, after newest: Change?, to changes: inout [Change]) {
        var current = newest
        var found: [Change] = []
        for bar in group {
            if let current, Self.isSame(current.bar, bar) { continue }
            let change = Change(bar: bar, version: (current?.version ?? 0) + 1)
            found.append(change)
            current = change
        }
        changes.append(contentsOf: found.reversed())
    }

    private func insert(_ changes: [Change], series: Int64) throws {
        guard !changes.isEmpty else { return }
        let statement = try BulkStatement(db, "INSERT INTO bars VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        statement.bind(1, series)
        statement.bind(11, storedAt)
        for change in changes.reversed() {
            statement.bind(2, change.bar.time)
            statement.bind(3, change.version)
            statement.bind(4, change.bar.open)
            statement.bind(5, change.bar.high)
            statement.bind(6, change.bar.low)
            statement.bind(7, change.bar.close)
            statement.bind(8, change.bar.volume)
            statement.bind(9, change.bar.amount)
            statement.bind(10, Int64(change.bar.flags.intersection(Self.kept).rawValue))
            try statement.run()
        }
    }

    /// Sorts by instrument and event time, keeping the order of equal ones; most batches are sorted already.
    private static func sorted(_ bars: [Bar]) -> [Bar] {
        let isSorted = zip(bars, bars.dropFirst()).allSatisfy { !isBefore($1, $0) }
        return isSorted ? bars : bars.sorted(by: isBefore)
    }

    private static func isBefore(_ left: Bar, _ right: Bar) -> Bool {
        (left.instrument, left.time) < (right.instrument, right.time)
    }

    private static func startOfGroup(_ bars: ArraySlice<Bar>, endingAt end: Int) -> Int {
        var start = end - 1
        while start > bars.startIndex, bars[start - 1].time == bars[start].time { start -= 1 }
        return start
    }

    private static func isSame(_ left: Bar, _ right: Bar) -> Bool {
        isSame(left.open, right.open) && isSame(left.high, right.high) && isSame(left.low, right.low)
            && isSame(left.close, right.close) && isSame(left.volume, right.volume)
            && isSame(left.amount, right.amount) && left.flags.intersection(kept) == right.flags.intersection(kept)
    }

    private static func isSame(_ left: Double, _ right: Double) -> Bool { left == right || (left.isNaN && right.isNaN) }
}

/// A bar and the number of its version.
struct Change {
    let bar: Bar
    let version: Int64
}

/// Walks the stored bars of a range backwards and gives the newest version of each event time asked for.
private struct NewestVersions: ~Copyable {
    private let statement: BulkStatement
    private var hasRow: Bool

    init(_ db: Database, series: Int64, range: ClosedRange<Int64>) throws {
        let statement = try BulkStatement(
            db,
            """
            SELECT event_time, version, open, high, low, close, volume, amount, flags FROM bars
            WHERE series = ? AND event_time BETWEEN ? AND ? ORDER BY event_time DESC, version DESC
            """)
        statement.bind(1, series)
        statement.bind(2, range.lowerBound)
        statement.bind(3, range.upperBound)
        hasRow = try statement.next()
        self.statement = statement
    }

    /// Returns the newest version at an event time; times are asked for in falling order.
    mutating func newest(at time: Int64) throws -> Change? {
        while hasRow, statement.integer(0) > time { hasRow = try statement.next() }
        guard hasRow, statement.integer(0) == time else { return nil }
        let bar = Bar(
            time: time, open: statement.number(2), high: statement.number(3), low: statement.number(4),
            close: statement.number(5), volume: statement.number(6), amount: statement.number(7),
            instrument: InstrumentID(rawValue: 0),
            flags: EventFlags(rawValue: UInt32(truncatingIfNeeded: statement.integer(8))))
        return Change(bar: bar, version: statement.integer(1))
    }
}
