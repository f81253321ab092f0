import EditDistance
import EventTiming
import PluginKit

/// The opened files of a request, and what is wrong with the others.
struct HistoryFiles<Rows: EventRows> {
    /// One per file, or one per instrument in a file whose rows are grouped; each stands at its first event.
    private(set) var cursors: [EventCursor<Rows>] = []
    /// Rows that were given before and are not what they were.
    private(set) var changed: [Rows.Event] = []
    private let options: HistoryOptions
    /// What was given of each file before; `nil` where nobody asks.
    private let given: [String: GivenRows]?
    private let log: @Sendable (PluginLogLevel, String, [String: String]) -> Void
    private var defects: [Defect] = []
    private var faults: [FileFault] = []
    /// Cursors that met a fault of their file, or gave no row that was asked for.
    private var uselessCount = 0
    private var remarks = FileRemarks()
    private var expected: [(targets: [RowTarget], cursor: EventCursor<Rows>, file: HistoryFile)] = []

    init(
        _ options: HistoryOptions, given: [String: GivenRows]?,
        log: @escaping @Sendable (PluginLogLevel, String, [String: String]) -> Void
    ) {
        self.options = options
        // Others are told apart by more than their time; the host takes no correction of them from files.
        self.given = Rows.Event.kind == .bar ? given : nil
        self.log = log
    }

    /// Adds a cursor, moved to where an earlier stream stopped; it stands before its first event.
    mutating func add(_ cursor: EventCursor<Rows>, after position: HistoryPosition?) throws(PluginError) {
        cursors.append(cursor)
        if given != nil { cursor.keepGiven() }
        guard let pushed = position?.files[cursor.key] else { return }
        do throws(FileFault) {
            let (isSame, changed) = try cursor.resume(after: pushed, given: given?[cursor.key])
            self.changed += changed
            guard !isSame else { return }
            let revised = changed.isEmpty ? "" : ", and rows before it that changed are given as revisions"
            tell(
                FileRemark(
                    kind: .rewritten,
                    text:
                        "'\(cursor.place)' was rewritten since it was read; what it has after the last event is read\(revised)."
                ))
        } catch {
            try fail(error)
        }
    }

    /// Notes what shows when a cursor got to its first event, or its end: that its file has no row.
    mutating func checkRows(of cursor: EventCursor<Rows>) throws(PluginError) {
        do throws(FileFault) { try cursor.checkRows() } catch { try fail(error) }
    }

    /// Keeps the fault that a cursor met.
    mutating func fail(_ fault: FileFault) throws(PluginError) {
        uselessCount += 1
        try note(fault)
    }

    /// Tells what a user should know of a file that is read all the same.
    mutating func tell(_ remark: FileRemark) {
        guard let text = remarks.text(remark) else { return }
        log(.warning, remark.kind == .rewritten ? FileRemark.changed : "a file needs a look", ["remark": text])
    }

    /// Tells how many files there are like those that were told.
    func tellRest() {
        for text in remarks.rest { log(.warning, "more files need a look", ["remark": text]) }
    }

    /// Says which instruments a file for all is to hold; whether it does shows at its end.
    mutating func expect(_ targets: [RowTarget], _ cursor: EventCursor<Rows>, _ file: HistoryFile) {
        expected.append((targets, cursor, file))
    }

    /// Notes the expected instruments that a file for all, read to its end, has no row of.
    mutating func noteMissing() throws(PluginError) {
        defer { expected = [] }
        for (targets, cursor, file) in expected {
            let missing = targets.filter { !cursor.seen.contains($0.reference.id) }
            if missing.count == targets.count { uselessCount += 1 }
            try noteMissing(missing, cursor.symbolNames, file)
        }
    }

    /// Notes instruments that a file for all has no row of.
    mutating func noteMissing(_ targets: [RowTarget], _ names: [String], _ file: HistoryFile) throws(PluginError) {
        for (index, target) in targets.enumerated() {
            let name = "\(target.reference.instrument)"
            let near = [name, target.reference.instrument.code].lazy.compactMap {
                index < NameList.guesses ? EditDistance.nearest(to: $0, among: names) : nil
            }
            let guess = near.first.map { "Did you mean '\($0)'? " } ?? ""
            try note(
                FileFault(
                    .notFound, reason: "no_rows", place: file.place,
                    "'\(file.place)' has no rows of '\(name)'. \(guess)\(NameList.text(names, "It holds"))",
                    instrument: target.reference.id))
        }
    }

    /// Keeps a file's fault as a defect; a cancelled call ends here.
    mutating func note(_ fault: FileFault) throws(PluginError) {
        if fault.code == .cancelled { throw options.cancelled }
        faults.append(fault)
        defects.append(fault.defect)
    }

    /// Returns the defects so far and forgets them.
    mutating func takeDefects() -> [Defect] {
        defer { defects = [] }
        return defects
    }

    /// Throws the first fault where there is nothing but faults: no event, no unreadable row, no file that is fine.
    ///
    /// - Parameter defects: those taken before.
    func throwIfNothingIsReadable(_ taken: [Defect] = []) throws(PluginError) {
        guard let first = faults.first, taken.count + defects.count <= faults.count, cursors.count <= uselessCount,
            cursors.allSatisfy({ $0.head == nil && $0.progress.eventRecord == 0 })
        else { return }
        let more = faults.count > 1 ? " (and \(faults.count - 1) more such faults)" : ""
        throw PluginError(first.code, "\(options.instance): \(first.message)\(more)")
    }
}

extension FileFault {
    /// The cancelled call, as files report it.
    static func cancelled(_ options: HistoryOptions) -> FileFault {
        FileFault(.cancelled, reason: "cancelled", place: options.shownPath, "reading was cancelled.")
    }
}
