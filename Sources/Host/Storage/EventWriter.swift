import GRDB
import PluginKit
import SQLiteFile

/// An event of a delivery on its way into a table.
struct NewRow<Event: StoredRow> {
    let event: Event
    /// Number of where it came from.
    let provenance: Int64
    /// When it arrived; `nil` where the past is filled in.
    let arrival: Int64?
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
    /// order of versions.
    func write(_ rows: ArraySlice<NewRow<Event>>, series: Int64) throws {
        var changes: [Change] = []
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
            let found =
                Event.hasIdentity ? Self.versions(rows[start..<end], known) : Self.added(rows[start..<end], known)
            changes.append(contentsOf: found.reversed())
            end = start
        }
    }

    /// Of events of one instant, what makes a new version; each is compared with the one before it.
    private static func versions(_ rows: ArraySlice<NewRow<Event>>, _ known: [StoredGroups<Event>.Row]) -> [Change] {
        var newest: [Int64: (event: Event, version: Int64)] = [:]
        for row in known where newest[row.place] == nil { newest[row.place] = (row.event, row.version) }
        var found: [Change] = []
        for row in rows {
            let place = row.event.place
            if let current = newest[place], current.event.isUnchanged(from: row.event) { continue }
            let version = (newest[place]?.version ?? 0) + 1
            newest[place] = (row.event, version)
            found.append(Change(row: row, place: place, version: version))
        }
        return found
    }

    /// Of events of one instant, what is not stored; the same content as often as it comes.
    private static func added(_ rows: ArraySlice<NewRow<Event>>, _ known: [StoredGroups<Event>.Row]) -> [Change] {
        var open = known
        var next = (known.map(\.place).max() ?? -1) + 1
        var found: [Change] = []
        for row in rows {
            if let place = open.firstIndex(where: { $0.event.isUnchanged(from: row.event) }) {
                open.remove(at: place)
                continue
            }
            found.append(Change(row: row, place: next, version: 1))
            next += 1
        }
        return found
    }

    private func insert(_ changes: [Change], series: Int64) throws {
        guard !changes.isEmpty else { return }
        let own = Int32(Event.columns.count)
        let marks = Array(repeating: "?", count: Int(own) + 8).joined(separator: ", ")
        let statement = try BulkStatement(db, "INSERT INTO \(Event.table) VALUES (\(marks))")
        statement.bind(1, series)
        statement.bind(own + 8, storedAt)
        for change in changes.reversed() {
            let event = change.row.event
            statement.bind(2, event.time)
            statement.bind(3, change.place)
            statement.bind(4, change.version)
            event.bind(statement, from: 5)
            statement.bind(own + 5, Int64(event.flags.rawValue))
            statement.bind(own + 6, change.row.provenance)
            let known = knownAt(change)
            if known == event.time { statement.bindNull(own + 7) } else { statement.bind(own + 7, known) }
            try statement.run()
        }
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
