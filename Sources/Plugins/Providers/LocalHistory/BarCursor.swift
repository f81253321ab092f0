import DelimitedText
import PluginKit

/// Reads bars from one file, one ahead: `head` is the next bar to push.
final class BarCursor {
    /// What the cursor's progress is stored under.
    let key: String
    /// The next bar; `nil` at the end, and before the first `advance`.
    private(set) var head: Bar?
    /// What is done with; the head and what follows it are not.
    private(set) var progress: FileProgress { didSet { writtenProgress = nil } }
    /// Instruments of which a bar was read.
    private(set) var seen: Set<InstrumentID> = []

    private let options: HistoryOptions
    private let file: HistoryFile
    private let source: RowSource
    private let instrument: InstrumentID?
    /// A row that was read and waits for its turn.
    private var waiting: DecodedRow?
    private var waitingFault: FileFault?
    private var headRecord: Int64 = 0
    /// Whether nothing but rows of others was met since a bar was taken.
    private var followsBar = false
    private var lastSeen: InstrumentID?
    /// Bars up to this event time are left out: a rewritten file is resumed by time.
    private var skipThrough: Int64?
    /// The same by instrument, where one file for all was read by parts before.
    private var skipped: [InstrumentID: Int64] = [:]
    private var writtenProgress: String?

    init(
        key: String, _ options: HistoryOptions, _ file: HistoryFile, _ source: RowSource, instrument: InstrumentID?
    ) {
        (self.key, self.options, self.file, self.source, self.instrument) = (key, options, file, source, instrument)
        progress = FileProgress(records: source.number)
    }

    /// The progress as a position writes it; kept until it changes, since a position has that of every file.
    var progressText: String {
        if let writtenProgress { return writtenProgress }
        let text = progress.text(key)
        writtenProgress = text
        return text
    }

    /// The file's name, for messages.
    var place: String { file.place }

    /// Names in the symbol column so far.
    var symbolNames: [String] { source.symbolNames }

    /// Throws where one instrument's file, read to its end, has no row at all.
    func checkRows() throws(FileFault) {
        guard let instrument, head == nil, seen.isEmpty, progress.records == source.first else { return }
        throw FileFault(
            .noData, reason: "no_rows", place: file.place,
            "'\(file.place)' has a header and no row. Put the data there or remove the file.", instrument: instrument)
    }

    /// Goes to the next bar or the end; returns `false` where it stopped before, to be called again.
    ///
    /// It stops after many defects or rows of others, so that the caller can hand on and see whether it was cancelled.
    /// It stops before a defect that follows a bar too: a delivery's defects are before its bars.
    func advance(_ defects: inout [Defect]) throws(FileFault) -> Bool {
        takeHead()
        var patience = 65_536
        while patience > 0 {
            progress.records = waiting == nil ? source.number : source.number - 1
            guard let row = try next() else { return finish(&defects) }
            patience -= 1
            switch row {
            case .bar(let bar):
                if bar.time <= skipThrough ?? .min || bar.time <= skipped[bar.instrument] ?? .min {
                    seen.insert(bar.instrument)
                    continue
                }
                take(bar)
                return true
            case .defect(let defect):
                if followsBar {
                    (followsBar, waiting) = (false, row)
                    return false
                }
                defects.append(defect)
                patience -= 63
            case .skipped, .ofOther: continue
            }
        }
        progress.records = source.number
        return false
    }

    /// Leaves out bars up to an event time, by instrument.
    func skip(through times: [InstrumentID: Int64]) { skipped = times }

    /// Whether the file ended in a line without an end, which was held back.
    var hasCutEnd: Bool { source.hasCutEnd }

    /// Whom the cursor reads, as far as it is known.
    var instruments: Set<InstrumentID> { instrument.map { [$0] } ?? seen }

    /// Skips what a position says is pushed; a file that is not what it was is resumed by time.
    ///
    /// - Returns: whether the file still is what it was.
    func resume(after pushed: FileProgress) throws(FileFault) -> Bool {
        if pushed.records == source.number { return true }
        progress = pushed
        var isSame = pushed.barRecord == 0 && pushed.records >= source.number
        while source.number < pushed.records {
            guard source.number + 1 == pushed.barRecord else {
                guard try reading({ () throws(TextError) in try source.skip() }) else { break }
                continue
            }
            guard let row = try next() else { break }
            guard case .bar(let bar) = row else { continue }
            seen.insert(bar.instrument)
            source.note(pushed.barTime, of: bar.instrument)
            isSame = bar.time == pushed.barTime
        }
        guard isSame, source.number == pushed.records else {
            try restart(skipThrough: pushed)
            return false
        }
        return true
    }

    private func takeHead() {
        guard let bar = head else { return }
        progress.barRecord = headRecord
        progress.barTime = bar.time
        head = nil
        followsBar = true
    }

    /// Makes a bar the head; where the last of several rows of one time counts, the last that follows it at once.
    private func take(_ bar: Bar) {
        (head, headRecord) = (bar, source.number)
        if lastSeen != bar.instrument { seen.insert(bar.instrument) }
        lastSeen = bar.instrument
        guard options.keepsLast else { return }
        do throws(FileFault) {
            while let row = try next() {
                guard case .bar(let other) = row, other.time == bar.time, other.instrument == bar.instrument else {
                    waiting = row
                    return
                }
                (head, headRecord) = (other, source.number)
            }
        } catch {
            waitingFault = error
        }
    }

    private func restart(skipThrough pushed: FileProgress) throws(FileFault) {
        _ = try reading { () throws(TextError) in
            try source.restart()
            return true
        }
        (seen, lastSeen, waiting) = ([], nil, nil)
        skipThrough = pushed.barRecord == 0 ? nil : pushed.barTime
        progress = FileProgress(records: source.number)
    }

    private func finish(_ defects: inout [Defect]) -> Bool {
        guard source.number == 0, source.first == 0, !options.hasHeader else { return true }
        defects.append(
            Defect(
                instrument: instrument, place: file.place, reason: "empty_file",
                message: "'\(file.place)' is empty. Put the data there or remove the file.", raw: ""))
        return true
    }

    /// Returns the row that waits, or the next of the file.
    private func next() throws(FileFault) -> DecodedRow? {
        if let row = waiting {
            waiting = nil
            return row
        }
        if let fault = waitingFault {
            waitingFault = nil
            throw fault
        }
        if source.number & 0xFFF == 0, Task.isCancelled {
            throw FileFault(.cancelled, reason: "cancelled", place: file.place, "reading was cancelled.")
        }
        return try reading { () throws(TextError) in try source.next() }
    }

    private func reading<Result>(_ body: () throws(TextError) -> Result) throws(FileFault) -> Result {
        do throws(TextError) { return try body() } catch {
            throw FileFault(error, place: "\(file.place):\(source.line)", instrument: instrument)
        }
    }
}
