import GRDB
import HostCore
import PluginKit
import SQLiteFile

/// Reads bars of one series backwards from the end of a range.
struct BarQuery {
    let range: ClosedRange<Int64>
    /// Most bars to return.
    let limit: Int
    /// Versions stored later are passed over.
    let asOf: Int64
    /// The number the bars get.
    let instrument: InstrumentID
    /// Whether only the newest version of an event time counts.
    var isNewestOnly = true

    /// Returns bars in ascending event time.
    func run(_ db: Database, series: Int64, source: String) throws -> [StoredBar] {
        let statement = try BulkStatement(
            db,
            """
            SELECT event_time, version, open, high, low, close, volume, amount, flags, stored_at FROM bars
            WHERE series = ? AND event_time BETWEEN ? AND ? AND stored_at <= ? ORDER BY event_time DESC, version DESC
            """)
        statement.bind(1, series)
        statement.bind(2, range.lowerBound)
        statement.bind(3, range.upperBound)
        statement.bind(4, asOf)
        var found: [StoredBar] = []
        while found.count < limit, try statement.next() {
            if isNewestOnly, found.last?.bar.time == statement.integer(0) { continue }
            found.append(stored(statement, source: source))
        }
        statement.reset()
        return found.reversed()
    }

    /// Merges two lists in ascending event time; of two bars of one event time the one stored last stays.
    static func merge(_ left: [StoredBar], _ right: [StoredBar]) -> [StoredBar] {
        guard !left.isEmpty else { return right }
        var merged: [StoredBar] = []
        merged.reserveCapacity(left.count + right.count)
        var (i, j) = (0, 0)
        while i < left.count || j < right.count {
            if j == right.count || (i < left.count && left[i].bar.time < right[j].bar.time) {
                merged.append(left[i])
                i += 1
            } else if i == left.count || right[j].bar.time < left[i].bar.time {
                merged.append(right[j])
                j += 1
            } else {
                merged.append(right[j].storedAt > left[i].storedAt ? right[j] : left[i])
                (i, j) = (i + 1, j + 1)
            }
        }
        return merged
    }

    private func stored(_ row: borrowing BulkStatement, source: String) -> StoredBar {
        let bar = Bar(
            time: row.integer(0), open: row.number(2), high: row.number(3), low: row.number(4), close: row.number(5),
            volume: row.number(6), amount: row.number(7), instrument: instrument,
            flags: EventFlags(rawValue: UInt32(truncatingIfNeeded: row.integer(8))))
        return StoredBar(
            event: bar, provenance: Provenance(source: source), version: Int(row.integer(1)), knownAt: row.integer(0),
            storedAt: row.integer(9))
    }
}
