import GRDB
import HostCore
import PluginKit
import SQLiteFile

/// Reads events of one series: the newest version of each that was known by an instant.
struct EventReader<Event: StoredRow> {
    let query: EventQuery
    /// The number the events get.
    let instrument: InstrumentID
    /// Whether only the newest version counts.
    var isNewestOnly = true
    /// Gives a provenance by its number.
    let provenance: (Int64) throws -> Provenance

    /// A stored event and what tells it from others of its event time.
    struct Found {
        let stored: StoredEvent<Event>
        let place: Int64
    }

    /// Returns events in ascending event time.
    func run(_ db: Database, series: Int64) throws -> [Found] {
        let statement = try statement(db)
        statement.bind(1, series)
        statement.bind(2, query.range.lowerBound)
        statement.bind(3, query.range.upperBound)
        statement.bind(4, query.asOf)
        defer { statement.reset() }
        var found: [Found] = []
        var last: (number: Int64, provenance: Provenance)?
        while try statement.next() {
            let isAgain =
                isNewestOnly && found.last?.stored.event.time == statement.integer(0)
                && found.last?.place == statement.integer(1)
            // From the start versions ascend, from the end they fall: the newest one stays.
            if isAgain, !query.isFromStart { continue }
            if isAgain { found.removeLast() } else if found.count == query.limit { break }
            let number = statement.integer(4)
            if last?.number != number { last = (number, try provenance(number)) }
            if let last { found.append(read(statement, last.provenance)) }
        }
        return query.isFromStart ? found : found.reversed()
    }

    private func statement(_ db: Database) throws -> BulkStatement {
        let order = query.isFromStart ? "ASC" : "DESC"
        return try BulkStatement(
            db,
            """
            SELECT event_time, place, version, flags, provenance, ifnull(known_at, event_time), stored_at,
                \(Event.columns.joined(separator: ", ")) FROM \(Event.table)
            WHERE series = ? AND event_time BETWEEN ? AND ? AND ifnull(known_at, event_time) <= ?
            ORDER BY event_time \(order), place \(order), version \(order)
            """)
    }

    private func read(_ row: borrowing BulkStatement, _ provenance: Provenance) -> Found {
        let head = RowHead(
            time: row.integer(0), instrument: instrument,
            flags: EventFlags(rawValue: UInt32(truncatingIfNeeded: row.integer(3))))
        let stored = StoredEvent(
            event: Event(row, from: 7, head), provenance: provenance, version: Int(row.integer(2)),
            knownAt: row.integer(5), storedAt: row.integer(6),
            place: Event.hasIdentity ? 0 : UInt32(truncatingIfNeeded: row.integer(1)))
        return Found(stored: stored, place: row.integer(1))
    }

    /// Merges two lists in ascending event time; of two that are the same event the one stored last stays.
    static func merge(_ left: [Found], _ right: [Found]) -> [Found] {
        guard !left.isEmpty else { return right }
        var merged: [Found] = []
        merged.reserveCapacity(left.count + right.count)
        var (i, j) = (0, 0)
        while i < left.count || j < right.count {
            if j == right.count || (i < left.count && isBefore(left[i], right[j])) {
                merged.append(left[i])
                i += 1
            } else if i == left.count || isBefore(right[j], left[i]) {
                merged.append(right[j])
                j += 1
            } else {
                merged.append(right[j].stored.storedAt > left[i].stored.storedAt ? right[j] : left[i])
                (i, j) = (i + 1, j + 1)
            }
        }
        return merged
    }

    private static func isBefore(_ left: Found, _ right: Found) -> Bool {
        (left.stored.event.time, left.place) < (right.stored.event.time, right.place)
    }
}
