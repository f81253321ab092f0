import GRDB
import PluginKit
import SQLiteFile

/// An event of a delivery on its way into a table.
struct NewRow<Event: StoredRow> {
    let event: Event
    /// What tells it from others of its instrument and event time; `nil` for its number among those that are written with it.
    let place: Int64?
    /// Number of where it came from.
    let provenance: Int64
    /// When it arrived; `nil` where the past is filled in.
    let arrival: Int64?
    /// Whether it corrects an accepted event.
    let isCorrection: Bool
}

/// Writes events of one kind inside a transaction: only what differs from what is stored.
///
/// The events of an instrument are compared with one range scan of what is stored, walked backwards beside them, so an
/// unchanged event costs one step of a cursor and a new one is appended at the end of its series.
struct EventWriter<Event: StoredRow> {
    let db: Database
    let storedAt: Int64

    /// Below so many events each is looked up alone: they may lie far apart.
    private let scanThreshold = 16

    /// Stores the events of a series in ascending event time; of several that are the same one the order in the array is the
    /// order of versions. Returns those that took the place of another version, and the corrections that changed anything; and
    /// the first event time that was written.
    func write(
        _ rows: ArraySlice<NewRow<Event>>, series: Int64
    ) throws -> (revised: [NewRow<Event>], first: Int64?) {
        var changes: [Change] = []
        changes.reserveCapacity(rows.count)
        if rows.count >= scanThreshold {
            try collect(rows, series: series, into: &changes)
        } else {
            var end = rows.endIndex
            while end > rows.startIndex {
                let start = Self.startOfGroup(rows, endingAt: end)
                try collect(rows[start..<end], series: series, into: &changes)
                end = start
            }
        }
        try insert(changes, series: series)
        let first = changes.last?.row.event.time
        guard Event.hasIdentity else { return ([], first) }
        return (changes.reversed().filter { $0.version > 1 || $0.row.isCorrection }.map(\.row), first)
    }

    private struct Change {
        let row: NewRow<Event>
        let place: Int64
        let version: Int64
    }

    /// Finds what differs, latest event time first.
    private func collect(_ rows: ArraySlice<NewRow<Event>>, series: Int64, into changes: inout [Change]) throws {
        guard let first = rows.first, let last = rows.last else { return }
        var stored = try StoredGroups<Event>(db, series: series, range: first.event.time...last.event.time)
        var end = rows.endIndex
        while end > rows.startIndex {
            let start = Self.startOfGroup(rows, endingAt: end)
            let known = try stored.group(at: rows[start].event.time)
            if known.isEmpty, end - start == 1 {
                changes.append(Self.first(rows[start]))
            } else {
                changes.append(contentsOf: Self.versions(rows[start..<end], known).reversed())
            }
            end = start
        }
    }

    /// The version of an event that is alone at its instant, where nothing is stored of it.
    private static func first(_ row: NewRow<Event>) -> Change {
        Change(row: row, place: row.place ?? 0, version: row.isCorrection ? 2 : 1)
    }

    /// Of events of one instant, what makes a new version; each is compared with the one before it.
    private static func versions(_ rows: ArraySlice<NewRow<Event>>, _ known: [StoredGroups<Event>.Row]) -> [Change] {
        var newest: [Int64: (event: Event, version: Int64)] = [:]
        for row in known where newest[row.place] == nil { newest[row.place] = (row.event, row.version) }
        var found: [Change] = []
        for (number, row) in rows.enumerated() {
            let place = row.place ?? Int64(number)
            if let current = newest[place], current.event.isUnchanged(from: row.event) { continue }
            // The version that a correction corrects may be one that was refused.
            let version = (newest[place]?.version ?? (row.isCorrection ? 1 : 0)) + 1
            newest[place] = (row.event, version)
            found.append(Change(row: row, place: place, version: version))
        }
        return found
    }

    /// Inserts what is given latest first: sixteen rows a statement, since one of a single row costs half as much again.
    private func insert(_ changes: [Change], series: Int64) throws {
        var rest = changes.count
        for size in [16, 1] where rest >= size {
            let statement = try insertion(of: size, series)
            while rest >= size {
                for row in 0..<size { bind(changes[rest - 1 - row], to: statement, after: Int32(row * width)) }
                try statement.run()
                rest -= size
            }
        }
    }

    /// Columns of a row of the table.
    private var width: Int { Event.columns.count + 8 }

    /// A statement for so many rows, with what they have in common.
    private func insertion(of size: Int, _ series: Int64) throws -> BulkStatement {
        let row = "(" + Array(repeating: "?", count: width).joined(separator: ", ") + ")"
        let rows = Array(repeating: row, count: size).joined(separator: ", ")
        let statement = try BulkStatement(db, "INSERT INTO \(Event.table) VALUES \(rows)")
        for start in stride(from: 0, to: size * width, by: width) {
            statement.bind(Int32(start + 1), series)
            statement.bind(Int32(start + width), storedAt)
        }
        return statement
    }

    private func bind(_ change: Change, to statement: borrowing BulkStatement, after start: Int32) {
        let event = change.row.event
        let end = start + Int32(width)
        statement.bind(start + 2, event.time)
        statement.bind(start + 3, change.place)
        statement.bind(start + 4, change.version)
        event.bind(statement, from: start + 5)
        statement.bind(end - 3, Int64(event.flags.rawValue))
        statement.bind(end - 2, change.row.provenance)
        let known = knownAt(change)
        if known == event.time { statement.bindNull(end - 1) } else { statement.bind(end - 1, known) }
    }

    /// From when on it is known: a later version never before it came.
    private func knownAt(_ change: Change) -> Int64 {
        let known = change.row.arrival ?? change.row.event.publication
        return change.version == 1 ? known : max(known, change.row.arrival ?? storedAt)
    }

    private static func startOfGroup(_ rows: ArraySlice<NewRow<Event>>, endingAt end: Int) -> Int {
        var start = end - 1
        while start > rows.startIndex, rows[start - 1].event.time == rows[start].event.time { start -= 1 }
        return start
    }
}

/// Walks the stored events of a range backwards and gives those of each instant asked for.
private struct StoredGroups<Event: StoredRow>: ~Copyable {
    struct Row {
        let event: Event
        let place: Int64
        let version: Int64
    }

    private let statement: BulkStatement
    private var hasRow: Bool

    init(_ db: Database, series: Int64, range: ClosedRange<Int64>) throws {
        let statement = try BulkStatement(
            db,
            """
            SELECT event_time, place, version, flags, \(Event.columns.joined(separator: ", ")) FROM \(Event.table)
            WHERE series = ? AND event_time BETWEEN ? AND ? ORDER BY event_time DESC, place DESC, version DESC
            """)
        statement.bind(1, series)
        statement.bind(2, range.lowerBound)
        statement.bind(3, range.upperBound)
        hasRow = try statement.next()
        self.statement = statement
    }

    /// Returns the rows of an instant, of each place the newest version first; instants are asked for in falling order.
    mutating func group(at time: Int64) throws -> [Row] {
        while hasRow, statement.integer(0) > time { hasRow = try statement.next() }
        var rows: [Row] = []
        while hasRow, statement.integer(0) == time {
            let head = RowHead(
                time: time, instrument: InstrumentID(rawValue: 0),
                flags: EventFlags(rawValue: UInt32(truncatingIfNeeded: statement.integer(3))))
            rows.append(
                Row(
                    event: Event(statement, from: 4, head), place: statement.integer(1), version: statement.integer(2)))
            hasRow = try statement.next()
        }
        return rows
    }
}
