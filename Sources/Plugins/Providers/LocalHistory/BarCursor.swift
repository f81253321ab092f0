import DelimitedText
import PluginKit

/// Reads bars from one file, one ahead: `head` is the next bar to push.
final class BarCursor {
    /// What the cursor's progress is stored under.
    let key: String
    /// The next bar; `nil` at the end.
    private(set) var head: Bar?
    /// What is done with; the head and what follows it are not.
    private(set) var progress = FileProgress()
    /// Instruments of which a bar was read.
    private(set) var seen: Set<InstrumentID> = []

    private let options: HistoryOptions
    private let file: HistoryFile
    private var reader: RecordReader
    private var decoder: RowDecoder
    private let instrument: InstrumentID?
    /// Whether the reader's current record was not looked at yet.
    private var hasRecord: Bool
    private var headRecord: Int64 = 0
    /// Whether nothing but rows of others was met since a bar was taken.
    private var followsBar = false
    private var lastSeen: InstrumentID?
    /// Bars up to this event time are left out: a rewritten file is resumed by time.
    private var skipThrough: Int64?
    private let endsWithGroup: Bool
    /// Records before the first row.
    private let recordsBefore: Int64

    /// Creates a cursor on a reader that is behind the header, or on its first record.
    init(
        key: String, _ options: HistoryOptions, _ file: HistoryFile, _ reader: RecordReader, _ decoder: RowDecoder,
        instrument: InstrumentID?, hasRecord: Bool = false, endsWithGroup: Bool = false
    ) {
        (self.key, self.options, self.file, self.reader) = (key, options, file, reader)
        (self.decoder, self.instrument) = (decoder, instrument)
        (self.hasRecord, self.endsWithGroup) = (hasRecord, endsWithGroup)
        recordsBefore = hasRecord ? reader.recordNumber - 1 : reader.recordNumber
        progress.records = recordsBefore
    }

    /// Throws where one instrument's file, read to its end, has no row at all.
    func checkRows() throws(FileFault) {
        guard let instrument, head == nil, seen.isEmpty, progress.records == recordsBefore else { return }
        throw FileFault(
            .noData, reason: "no_rows", place: file.place,
            "'\(file.place)' has a header and no row. Put the data there or remove the file.", instrument: instrument)
    }

    /// Names in the symbol column so far.
    var symbolNames: [String] { decoder.symbolNames }

    /// Goes to the next bar or the end; returns `false` where it stopped before, to be called again.
    ///
    /// It stops after many defects or rows of others, so that the caller can hand on and see whether it was cancelled.
    /// It stops before a defect that follows a bar too: a delivery's defects are before its bars.
    func advance(_ defects: inout [Defect]) throws(FileFault) -> Bool {
        takeHead()
        var patience = 65_536
        while patience > 0 {
            progress.records = hasRecord ? reader.recordNumber - 1 : reader.recordNumber
            guard try step() else { return finish(&defects) }
            patience -= 1
            switch decoder.decode(reader) {
            case .bar(let bar):
                if let skipThrough, bar.time <= skipThrough { continue }
                head = bar
                headRecord = reader.recordNumber
                if lastSeen != bar.instrument { seen.insert(bar.instrument) }
                lastSeen = bar.instrument
                return true
            case .defect(let defect):
                if followsBar {
                    (followsBar, hasRecord) = (false, true)
                    return false
                }
                defects.append(defect)
                patience -= 63
            case .skipped: continue
            case .ofOther:
                if endsWithGroup, !seen.isEmpty { return true }
            }
        }
        progress.records = reader.recordNumber
        return false
    }

    /// Skips what a position says is pushed; a file that is not what it was is resumed by time.
    ///
    /// - Returns: whether the file still is what it was.
    func resume(after pushed: FileProgress) throws(FileFault) -> Bool {
        if hasRecord, pushed.records == reader.recordNumber - 1 { return true }
        progress = pushed
        var isSame = pushed.barRecord == 0 && pushed.records >= reader.recordNumber
        while reader.recordNumber < pushed.records || hasRecord {
            guard try step() else { break }
            if !decoder.knowsTimes || reader.recordNumber == pushed.barRecord,
                case .bar(let bar) = decoder.decode(reader)
            {
                seen.insert(bar.instrument)
                if reader.recordNumber == pushed.barRecord { isSame = bar.time == pushed.barTime }
            }
        }
        guard isSame, reader.recordNumber == pushed.records else {
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

    private func restart(skipThrough pushed: FileProgress) throws(FileFault) {
        reader = RecordReader(path: file.path, format: options.format)
        if options.hasHeader { _ = try next() }
        seen = []
        lastSeen = nil
        hasRecord = false
        skipThrough = pushed.barRecord == 0 ? nil : pushed.barTime
        progress = FileProgress(records: reader.recordNumber)
    }

    private func finish(_ defects: inout [Defect]) -> Bool {
        guard reader.recordNumber == 0 else { return true }
        defects.append(
            Defect(
                instrument: instrument, place: file.place, reason: "empty_file",
                message: "'\(file.place)' is empty. Put the data there or remove the file.", raw: ""))
        return true
    }

    /// Makes the next record the current one, or takes the one that waits.
    private func step() throws(FileFault) -> Bool {
        if hasRecord {
            hasRecord = false
            return true
        }
        return try next()
    }

    private func next() throws(FileFault) -> Bool {
        if reader.recordNumber & 0xFFF == 0, Task.isCancelled {
            throw FileFault(.cancelled, reason: "cancelled", place: file.place, "reading was cancelled.")
        }
        do throws(TextError) {
            return try reader.next()
        } catch {
            throw FileFault(error, place: "\(file.place):\(reader.line)", instrument: instrument)
        }
    }
}
