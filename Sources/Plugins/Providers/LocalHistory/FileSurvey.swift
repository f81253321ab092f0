import CivilTime
import DelimitedText
import EventTiming
import Glibc
import PluginKit
import TimeZones

/// What the first rows of a file say about all of it: how times are written, in which order rows stand, how far they are
/// apart, what amounts are counted in.
struct FileSurvey {
    /// How times are written; `nil` where no row could be read.
    private(set) var pattern: TimePattern?
    /// What a user should know of a file that is read all the same.
    private(set) var remarks: [FileRemark] = []
    /// The span rows are apart, in seconds; `nil` where they do not agree.
    private(set) var step: Int64?

    /// Steps that are enough to judge by, and the rows they are looked for in.
    private static let enough = 256
    private static let patience = 16_384

    private let options: HistoryOptions
    private let file: HistoryFile
    private let layout: ColumnLayout
    private var clock: RowClock
    private var stepsOn = 0
    private var stepsBack = 0
    private var steps = RowSteps()
    private var days: [Int64] = []
    private var ratios: [Double] = []

    /// Looks at the rows behind a reader's place; the reader stays there. What cannot be read is told when it is read.
    ///
    /// - Throws: where rows refute how the file would be read.
    init(
        _ begin: RecordReader, _ options: HistoryOptions, _ file: HistoryFile, _ layout: ColumnLayout
    ) throws(FileFault) {
        (self.options, self.file, self.layout) = (options, file, layout)
        clock = RowClock(layout, options.timePattern, day: file.day)
        try? sample(begin)
        step = steps.usual
        if let told = options.timePattern {
            pattern = told
            return
        }
        if let dayFirst = clock.dayFirst { throw dayFirstFault(dayFirst, "") }
        pattern = clock.pattern
        if let pattern, let other = pattern.dayFirst { try checkDates(begin, pattern, other) }
    }

    /// Whether rows stand from new to old.
    var isNewestFirst: Bool { stepsBack > stepsOn }

    private mutating func sample(_ begin: RecordReader) throws(TextError) {
        let reader = try begin.copy()
        var last: [String: WrittenTime] = [:]
        var rows = 0
        while stepsOn + stepsBack < Self.enough, rows < Self.patience, try reader.next() {
            rows += 1
            guard reader.fault == nil, let time = clock.time(reader) else { continue }
            let name = layout[.symbol].flatMap { $0 < reader.fieldCount ? reader.text($0) : nil } ?? ""
            if let before = last.updateValue(time, forKey: name) { note(from: before, to: time) }
            if rows <= Self.enough { note(reader, time) }
        }
    }

    private mutating func note(from before: WrittenTime, to time: WrittenTime) {
        let span = (time.day - before.day) * 86_400 + (time.nanosecondOfDay - before.nanosecondOfDay) / 1_000_000_000
        guard span != 0 else { return }
        if span > 0 { stepsOn += 1 } else { stepsBack += 1 }
        steps.note(abs(span))
    }

    private mutating func note(_ reader: RecordReader, _ time: WrittenTime) {
        days.append(time.day)
        guard let amount = number(reader, .amount, options.amountScale), amount > 0,
            let volume = number(reader, .volume, options.volumeScale), volume > 0,
            let close = number(reader, .close, options.priceScale), close > 0
        else { return }
        ratios.append(amount / volume / close)
    }

    private func number(_ reader: RecordReader, _ column: HistoryColumn, _ scale: Scale) -> Double? {
        layout[column].flatMap { $0 < reader.fieldCount ? scale.number(reader, $0) : nil }
    }
}

// MARK: Dates

extension FileSurvey {
    /// A pass over all dates: a row that refutes the reading refuses the file; where no row decides, that is remarked.
    private mutating func checkDates(
        _ begin: RecordReader, _ pattern: TimePattern, _ dayFirst: TimePattern
    ) throws(FileFault) {
        var (own, turned) = (RowClock(layout, pattern, day: nil), RowClock(layout, dayFirst, day: nil))
        guard let reader = try? begin.copy() else { return }
        var isConfirmed = false
        while (try? reader.next()) == true {
            if reader.recordNumber & 0xFFF == 0, Task.isCancelled { return }
            guard reader.fault == nil else { continue }
            let (isRead, isTurned) = (own.time(reader) != nil, turned.time(reader) != nil)
            if isTurned, !isRead {
                throw dayFirstFault(dayFirst, " (\(PluginError.quoted(own.text(reader))) at line \(reader.line))")
            }
            isConfirmed = isConfirmed || isRead && !isTurned
        }
        guard !isConfirmed else { return }
        remarks.append(
            FileRemark(
                kind: .ambiguousDates,
                text: "'\(file.place)' has dates that could be month first or day first; they are read month first "
                    + "(\(pattern)). Set date_format: \(dayFirst), or date_format: \(pattern) where that is right."))
    }

    private func dayFirstFault(_ dayFirst: TimePattern, _ proof: String) -> FileFault {
        FileFault(
            .malformed, reason: "day_first", place: file.place,
            "'\(file.place)' has dates that only fit with the day first\(proof), and date_format: auto reads the month "
                + "first. Set date_format: \(dayFirst).")
    }
}

// MARK: Spans and units

extension FileSurvey {
    /// Compares what the file looks like with what is asked of it.
    ///
    /// - Throws: where the file has bars of a shorter span, of which only the first of each span would count.
    mutating func check(against timeframe: Timeframe) throws(FileFault) {
        checkUnits()
        checkDating(timeframe)
        guard let step else { return }
        let asked = timeframe.nanoseconds / 1_000_000_000
        let shown = RowSteps.timeframe(of: step)
        if step * 2 <= asked {
            throw FileFault(
                .configuration, reason: "other_timeframe", place: file.place,
                "'\(file.place)' looks like bars of \(shown), and bars of \(timeframe) are asked of it. Set the pipeline's "
                    + "timeframe: \(shown), or give it files of \(timeframe).")
        }
        guard step >= asked * 2 else { return }
        remarks.append(
            FileRemark(
                kind: .otherTimeframe,
                text:
                    "'\(file.place)' looks like bars of \(shown), and bars of \(timeframe) are asked of it. Check the "
                    + "pipeline's timeframe and date_format."))
    }

    /// Weeks that are all dated on a Monday, months on one of their first days, are dated by their start.
    private mutating func checkDating(_ timeframe: Timeframe) {
        guard !options.timeIsStart, RowSteps.areByStart(days, timeframe) else { return }
        remarks.append(
            FileRemark(
                kind: .datedByStart,
                text:
                    "'\(file.place)' dates its bars of \(timeframe) by their first day, and time_is is end: each would be "
                    + "known before its span is over. Set time_is: start."))
    }

    /// The mean price, amount over volume, is near the close, whatever the market.
    private mutating func checkUnits() {
        guard let odd = OddAmounts(ratios) else { return }
        remarks.append(
            FileRemark(
                kind: .otherUnits,
                text:
                    "'\(file.place)' has \(odd.text)"))
    }
}

// MARK: The end

extension FileSurvey {
    /// Looks at the last byte of a file that is text: a copy that was cut inside its last field leaves a number, and a wrong
    /// one.
    mutating func checkEnd() {
        let handle = Glibc.open(file.path, O_RDONLY | O_CLOEXEC)
        guard handle >= 0 else { return }
        defer { close(handle) }
        let size = lseek(handle, 0, SEEK_END)
        var (begin, end): (UInt32, UInt8) = (0, 0)
        guard size > 4, pread(handle, &begin, 4, 0) == 4, pread(handle, &end, 1, size - 1) == 1 else { return }
        let isPacked = begin & 0xFFFF == 0x8B1F || begin & 0xFFFF == 0x4B50
        let isTable = [0x694C_5153, 0x3152_4150].contains(begin)
        guard !isPacked, !isTable, ![0x0A, 0x0D].contains(end) else { return }
        remarks.append(
            FileRemark(
                kind: .cutEnd,
                text:
                    "'\(file.place)' ends without a line break; the last row may be cut. Compare it with its source, then "
                    + "end it with a line break."))
    }
}

// MARK: Remarks

/// A remark on a file that is read all the same.
struct FileRemark: Sendable, Hashable {
    /// What it is about; of each kind a few files are told.
    enum Kind: String, Sendable {
        case ambiguousDates = "have dates that could be month first or day first"
        case otherTimeframe = "look like bars of another span"
        case otherUnits = "have amounts far from volume times close"
        case datedByStart = "date their bars by the first day"
        case rewritten = "were rewritten"
        case cutEnd = "end without a line break"
    }

    /// What is logged of a file that changed: each time, as it may again.
    static let changed = "a file has changed"

    let kind: Kind
    /// One sentence of facts, then the remedy.
    let text: String
}

/// Tells remarks, of each kind for a few files, then by their number.
struct FileRemarks {
    private static let told = 3
    private var counts: [FileRemark.Kind: Int] = [:]

    /// Returns the remark's text where it is to be told.
    mutating func text(_ remark: FileRemark) -> String? {
        counts[remark.kind, default: 0] += 1
        return counts[remark.kind, default: 0] <= Self.told ? remark.text : nil
    }

    /// What is said of the files that were not told, when all are opened.
    var rest: [String] {
        counts.filter { $0.value > Self.told }.map { "\($0.value - Self.told) more files \($0.key.rawValue)." }.sorted()
    }
}
