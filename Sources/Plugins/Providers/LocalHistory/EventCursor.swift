import DelimitedText
import PluginKit

/// Reads events from one file, or from several one after the other, one ahead: `head` is the next event to push.
final class EventCursor<Rows: EventRows> {
    /// What the cursor's progress is stored under.
    let key: String
    /// The next event; `nil` at the end, and before the first `advance`.
    private(set) var head: Rows.Event?
    /// Events of the same row as the head, to be pushed with it.
    private(set) var others: [Rows.Event] = []
    /// What is done with; the head and what follows it are not.
    private(set) var progress: FileProgress { didSet { writtenProgress = nil } }
    /// Instruments of which an event was read.
    private(set) var seen: Set<InstrumentID> = []

    private let options: HistoryOptions
    private let instrument: InstrumentID?
    private var file: OpenedSource<Rows>
    private var source: RowSource<Rows> { file.source }
    /// Gives the file at a place among several; `nil` behind the last.
    private let following: ((Int) throws(FileFault) -> OpenedSource<Rows>?)?
    private var nextIndex: Int
    /// A row that was read and waits for its turn.
    private var waiting: DecodedRow<Rows.Event>?
    private var waitingFault: FileFault?
    /// Whether the file at hand has no more rows, and the next one is to be opened.
    private var isDone = false
    private var headRecord: Int64 = 0
    private var headPart: Int64?
    /// Whether nothing but rows of others was met since an event was taken.
    private var followsEvent = false
    private var lastSeen: InstrumentID?
    /// Events up to this event time are left out: a rewritten file is resumed by time.
    private var skipThrough: Int64?
    /// The same by instrument, where one file for all was read by parts before.
    private var skipped: [InstrumentID: Int64] = [:]
    private var writtenProgress: String?
    /// What was given of the file at hand; `nil` where nobody asks.
    private(set) var given: GivenRows?

    init(
        key: String, _ options: HistoryOptions, _ file: OpenedSource<Rows>, instrument: InstrumentID?,
        following: ((Int) throws(FileFault) -> OpenedSource<Rows>?)? = nil
    ) {
        (self.key, self.options, self.file, self.instrument) = (key, options, file, instrument)
        (self.following, nextIndex) = (following, file.index + 1)
        progress = FileProgress(records: file.source.number, part: file.part)
    }

    /// The progress as a position writes it; kept until it changes, since a position has that of every file.
    var progressText: String {
        if let writtenProgress { return writtenProgress }
        let text = progress.text(key)
        writtenProgress = text
        return text
    }

    /// The file's name, for messages.
    var place: String { file.file.place }

    /// Names in the symbol column so far.
    var symbolNames: [String] { source.symbolNames }

    /// Throws where one instrument's file, read to its end, has no row at all.
    func checkRows() throws(FileFault) {
        guard let instrument, head == nil, seen.isEmpty, following == nil,
            progress.records == source.first
        else { return }
        throw FileFault(
            .noData, reason: "no_rows", place: place,
            "'\(place)' has a header and no row. Put the data there or remove the file.", instrument: instrument)
    }

    /// Goes to the next event or the end; returns `false` where it stopped before, to be called again.
    ///
    /// It stops after many defects or rows of others, so that the caller can hand on and see whether it was cancelled.
    /// It stops before a defect that follows an event too: a delivery's defects are before its events.
    func advance(_ defects: inout [Defect]) throws(FileFault) -> Bool {
        takeHead()
        var patience = 65_536
        while patience > 0 {
            noteProgress()
            guard let row = try next() else { return finish(&defects) }
            patience -= 1
            switch row {
            case .event(let event):
                if isToSkip(event) { continue }
                take(event, [])
                return true
            case .events(let events):
                guard let event = events.first, !isToSkip(event) else { continue }
                take(event, Array(events.dropFirst()))
                return true
            case .defect(let defect):
                if followsEvent {
                    (followsEvent, waiting) = (false, row)
                    return false
                }
                defects.append(defect)
                patience -= 63
            case .skipped, .ofOther: continue
            }
        }
        noteProgress()
        return false
    }

    /// Leaves out events up to an event time, by instrument.
    func skip(through times: [InstrumentID: Int64]) {
        skipped = times
        // What was given of them is not known.
        if !times.isEmpty { given = nil }
    }

    /// Remembers from here on what is given.
    func keepGiven() { given = GivenRows() }

    /// Whether the file ended in a line without an end, which was held back.
    var hasCutEnd: Bool { source.hasCutEnd }

    /// Whom the cursor reads, as far as it is known.
    var instruments: Set<InstrumentID> { instrument.map { [$0] } ?? seen }

    /// Skips what a position says is pushed; a file that is not what it was is resumed by time.
    ///
    /// - Returns: whether the file still is what it was.
    func resume(after pushed: FileProgress) throws(FileFault) -> Bool {
        guard pushed.part == file.part else {
            (skipThrough, progress.eventTime) = (pushed.eventTime, pushed.eventTime)
            return true
        }
        if pushed.records == source.number {
            if pushed.part != nil { progress.eventTime = pushed.eventTime }
            return true
        }
        progress = pushed
        progress.stamp = nil
        var isSame = pushed.eventRecord == 0 && pushed.records >= source.number
        while source.number < pushed.records {
            guard source.number + 1 == pushed.eventRecord else {
                guard try reading({ () throws(TextError) in try source.skip() }) else { break }
                continue
            }
            guard let row = try reading({ () throws(TextError) in try source.next() }) else { break }
            guard let event = row.first else { continue }
            seen.insert(event.instrument)
            source.note(pushed.eventTime, of: event.instrument)
            isSame = event.time == pushed.eventTime
        }
        guard isSame, source.number == pushed.records else {
            try restart(skipThrough: pushed)
            return false
        }
        return true
    }

    /// Skips what a position says is pushed, where what was given is kept; returns whether the file still is what it was, and
    /// those of its rows in blocks that are not what they were.
    ///
    /// - Parameter before: what was given of it; `nil` where that is not known, so that it is what is there now.
    func resume(
        after pushed: FileProgress, given before: GivenRows?
    ) throws(FileFault) -> (isSame: Bool, changed: [Rows.Event]) {
        let start = (file, nextIndex)
        let isSame = try resume(after: pushed)
        guard given != nil, pushed.part == file.part, pushed.eventRecord > 0 else { return (isSame, []) }
        try rewind(to: start)
        given = nil
        var (now, changed): (GivenRows?, [Rows.Event]) = (nil, [])
        do throws(FileFault) { (now, changed) = try reread(pushed, isSame, before) } catch {
            // Any other fault of the file is met again, and told, where it is read on.
            if error.code == .cancelled { throw error }
        }
        try rewind(to: start)
        _ = try resume(after: pushed)
        given = now
        return (isSame, changed)
    }

    /// Reads what was pushed once more.
    private func reread(
        _ pushed: FileProgress, _ isSame: Bool, _ before: GivenRows?
    ) throws(FileFault) -> (GivenRows, changed: [Rows.Event]) {
        var (now, changed, block) = (GivenRows(), [Rows.Event](), [Rows.Event]())
        var newest: [InstrumentID: Int64] = [:]
        func end() {
            if let before, now.differs(from: before) { changed += block }
            block = []
        }
        while true {
            var unused: [Defect] = []
            let isSettled = try advance(&unused)
            guard let event = head else {
                if isSettled { break }
                continue
            }
            guard headPart == pushed.part,
                isSame ? headRecord <= pushed.eventRecord : event.time <= pushed.eventTime
            else { break }
            now.add(event)
            // Of rows of one time the host takes the first.
            if event.time > newest[event.instrument] ?? .min {
                newest[event.instrument] = event.time
                block.append(event)
            }
            if now.count.isMultiple(of: GivenRows.block) { end() }
        }
        end()
        return (now, changed)
    }

    private func noteProgress() {
        progress.records = waiting == nil ? source.number : source.number - 1
        guard progress.part != file.part else { return }
        progress.part = file.part
        progress.eventRecord = 0
        if given != nil { given = GivenRows() }
    }

    private func isToSkip(_ event: Rows.Event) -> Bool {
        guard event.time <= skipThrough ?? .min || event.time <= skipped[event.instrument] ?? .min else { return false }
        seen.insert(event.instrument)
        return true
    }

    private func takeHead() {
        guard let event = head else { return }
        progress.eventRecord = headPart == progress.part ? headRecord : 0
        progress.eventTime = event.time
        given?.add(event)
        head = nil
        others = []
        followsEvent = true
    }

    /// Makes an event the head; where the last of several rows of one time counts, the last that follows it at once.
    private func take(_ event: Rows.Event, _ more: [Rows.Event]) {
        (head, others, headRecord, headPart) = (event, more, source.number, file.part)
        if lastSeen != event.instrument { seen.insert(event.instrument) }
        lastSeen = event.instrument
        guard options.keepsLast else { return }
        do throws(FileFault) {
            while let row = try next() {
                guard let other = row.first, other.time == event.time, other.instrument == event.instrument else {
                    waiting = row
                    return
                }
                if case .events(let events) = row { others = Array(events.dropFirst()) }
                (head, headRecord, headPart) = (other, source.number, file.part)
            }
        } catch {
            waitingFault = error
        }
    }

    private func restart(skipThrough pushed: FileProgress) throws(FileFault) {
        try rewind(to: (file, nextIndex))
        skipThrough = pushed.eventRecord == 0 && pushed.eventTime == 0 ? nil : pushed.eventTime
    }

    /// Begins a file again.
    private func rewind(to start: (file: OpenedSource<Rows>, nextIndex: Int)) throws(FileFault) {
        (file, nextIndex) = start
        _ = try reading { () throws(TextError) in
            try source.restart()
            return true
        }
        (head, others, waiting, waitingFault, skipThrough) = (nil, [], nil, nil, nil)
        (seen, lastSeen, followsEvent, isDone) = ([], nil, false, false)
        progress = FileProgress(records: source.number, part: file.part)
    }

    private func finish(_ defects: inout [Defect]) -> Bool {
        if progress.eventRecord > 0 { progress.stamp = file.stamp }
        guard source.number == 0, source.first == 0, !options.hasHeader else { return true }
        defects.append(
            Defect(
                instrument: instrument, place: place, reason: "empty_file",
                message: "'\(place)' is empty. Put the data there or remove the file.", raw: ""))
        return true
    }

    /// Returns the row that waits, or the next of the files.
    private func next() throws(FileFault) -> DecodedRow<Rows.Event>? {
        if let row = waiting {
            waiting = nil
            return row
        }
        if let fault = waitingFault {
            waitingFault = nil
            throw fault
        }
        if source.number & 0xFFF == 0, Task.isCancelled {
            throw FileFault(.cancelled, reason: "cancelled", place: place, "reading was cancelled.")
        }
        guard let following else { return try reading { () throws(TextError) in try source.next() } }
        do throws(FileFault) {
            if !isDone, let row = try reading({ () throws(TextError) in try source.next() }) { return row }
            isDone = true
            nextIndex += 1
            guard let opened = try following(nextIndex - 1) else { return nil }
            (file, isDone) = (opened, false)
            return opened.fault.map { .defect($0.defect) } ?? .skipped
        } catch {
            // A day that cannot be read is told, and the next one read; one that was taken away is no fault.
            if error.code == .cancelled { throw error }
            isDone = true
            return error.code == .notFound ? .skipped : .defect(error.defect)
        }
    }

    private func reading<Result>(_ body: () throws(TextError) -> Result) throws(FileFault) -> Result {
        do throws(TextError) { return try body() } catch {
            throw FileFault(error, place: "\(place):\(source.line)", instrument: instrument)
        }
    }
}

/// The rows of a file that was opened.
struct OpenedSource<Rows: EventRows> {
    let file: HistoryFile
    let source: RowSource<Rows>
    /// Which of several files it is, and the date that stands for it in a position.
    var index = 0
    var part: Int64?
    /// A fault of the file that is told before its rows.
    var fault: FileFault?
    /// What tells whether it is still the same; `nil` where that would not be enough.
    var stamp: String?
}

extension DecodedRow where Event: MarketEvent {
    /// The first event of the row, if there is one.
    var first: Event? {
        switch self {
        case .event(let event): event
        case .events(let events): events.first
        case .defect, .skipped, .ofOther: nil
        }
    }
}
