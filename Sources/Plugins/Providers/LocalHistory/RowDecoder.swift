import DelimitedText
import PluginKit
import TimeZones

/// An instrument and how local times of its rows are meant.
struct RowTarget: Sendable {
    let reference: InstrumentReference
    let zone: Zone
    /// Local second of the day at which a bar with only a date ends.
    let sessionClose: Int64
    /// Whether the venue rests on weekends.
    let hasWeekend: Bool
}

/// What became of one record.
enum DecodedRow {
    case bar(Bar)
    case defect(Defect)
    /// A row of an instrument nobody asked for.
    case skipped
    /// A row of another instrument that was asked for, which another cursor reads.
    case ofOther
}

/// Turns records of one file into bars; pure but for what it remembers of rows before (how times are written).
struct RowDecoder {
    private let options: HistoryOptions
    private let file: HistoryFile
    private let layout: ColumnLayout
    private let end: BarEnd
    private var symbols: SymbolIndex
    private var timePattern: TimePattern?

    init(
        _ options: HistoryOptions, _ file: HistoryFile, _ layout: ColumnLayout, _ timeframe: Timeframe,
        _ symbols: SymbolIndex
    ) {
        (self.options, self.file, self.layout) = (options, file, layout)
        end = BarEnd(timeframe: timeframe, isStart: options.timeIsStart)
        self.symbols = symbols
        timePattern = options.timePattern
    }

    /// Whether it is known how times of this file are written.
    var knowsTimes: Bool { timePattern != nil }

    /// Names in the symbol column so far.
    var symbolNames: [String] { symbols.names }

    /// Returns the bar of the reader's current record, or why there is none.
    mutating func decode(_ reader: RecordReader) -> DecodedRow {
        if let fault = reader.fault { return .defect(defect(reader, nil, fault.rawValue, Self.message(fault))) }
        if let defect = checkCount(reader) { return .defect(defect) }
        let target: RowTarget
        switch symbol(reader) {
        case .wanted(let found): target = found
        case .notAsked: return .skipped
        case .ofOther: return .ofOther
        case .foreign(let text): return .defect(foreign(reader, text))
        case .unreadable(let text): return .defect(unreadableSymbol(reader, text))
        }
        let id = target.reference.id
        guard let time = time(reader, target) else { return .defect(unreadableTime(reader, id)) }
        return numbers(reader, time, id)
    }

    /// Returns whose row the current record is, without reading more of it.
    mutating func symbol(_ reader: RecordReader) -> SymbolIndex.Match {
        guard let position = layout[.symbol] else { return symbols.withoutColumn }
        guard position < reader.fieldCount else { return .unreadable("") }
        return symbols.match(reader, position)
    }

    private func checkCount(_ reader: RecordReader) -> Defect? {
        let wanted = layout.fieldCount ?? layout.neededCount
        if reader.fieldCount < wanted {
            return defect(
                reader, nil, "missing_fields", "the row has \(reader.fieldCount) fields; \(wanted) are needed.")
        }
        guard let exact = layout.fieldCount, reader.fieldCount > exact,
            (exact..<reader.fieldCount).contains(where: { !reader.isBlank($0) })
        else { return nil }
        return defect(reader, nil, "extra_fields", "the row has \(reader.fieldCount) fields; the header has \(exact).")
    }

    private mutating func time(_ reader: RecordReader, _ target: RowTarget) -> Int64? {
        guard let position = layout[.time] else { return nil }
        if timePattern == nil { timePattern = reader.withField(position) { TimePattern.detect($0) } }
        guard let timePattern, let written = reader.withField(position, { timePattern.parse($0) }) else { return nil }
        return end.time(written, target)
    }

    private func numbers(_ reader: RecordReader, _ time: Int64, _ id: InstrumentID) -> DecodedRow {
        var bar = Bar(time: time, open: 0, high: 0, low: 0, close: 0, volume: 0, instrument: id)
        guard let open = number(reader, .open, options.priceScale) else { return unreadable(reader, .open, id) }
        guard let high = number(reader, .high, options.priceScale) else { return unreadable(reader, .high, id) }
        guard let low = number(reader, .low, options.priceScale) else { return unreadable(reader, .low, id) }
        guard let close = number(reader, .close, options.priceScale) else { return unreadable(reader, .close, id) }
        (bar.open, bar.high, bar.low, bar.close) = (open, high, low, close)
        if layout[.volume] != nil {
            guard let volume = number(reader, .volume, options.volumeScale) else {
                return unreadable(reader, .volume, id)
            }
            bar.volume = volume
        }
        if let position = layout[.amount], !reader.isBlank(position) {
            guard let amount = number(reader, .amount, options.amountScale) else {
                return unreadable(reader, .amount, id)
            }
            bar.amount = amount
        }
        return options.isAdjusted ? adjusted(bar, reader) : .bar(bar)
    }

    private func adjusted(_ bar: Bar, _ reader: RecordReader) -> DecodedRow {
        guard let adjusted = number(reader, .adjustedClose, options.priceScale) else {
            return unreadable(reader, .adjustedClose, bar.instrument)
        }
        let ratio = adjusted / bar.close
        guard ratio.isFinite, ratio > 0 else {
            return .defect(
                defect(
                    reader, bar.instrument, "unreadable_adjustment",
                    "the adjusted close \(adjusted) over the close \(bar.close) is no ratio; both are to be above 0."))
        }
        var result = bar
        // The close goes through the same product as the rest: rounding then never puts it above the high.
        result.open *= ratio
        result.high *= ratio
        result.low *= ratio
        result.close *= ratio
        result.volume /= ratio
        result.flags.insert(.adjusted)
        return .bar(result)
    }

    private func number(_ reader: RecordReader, _ column: BarColumn, _ scale: Scale) -> Double? {
        layout[column].flatMap { scale.number(reader, $0) }
    }

    private func unreadable(_ reader: RecordReader, _ column: BarColumn, _ id: InstrumentID) -> DecodedRow {
        let text = layout[column].flatMap { reader.text($0) } ?? ""
        return .defect(
            defect(
                reader, id, "unreadable_number",
                "'\(column.rawValue)' is \(PluginError.quoted(text)); a decimal number is needed."))
    }

    private func unreadableTime(_ reader: RecordReader, _ id: InstrumentID) -> Defect {
        let text = layout[.time].flatMap { reader.text($0) } ?? ""
        let isIntraday = [.second, .minute, .hour].contains(end.timeframe.unit)
        let rest =
            if let timePattern {
                isIntraday && !timePattern.hasTimeOfDay
                    ? "bars of \(end.timeframe) need a time of day. Set columns.time or the pipeline's timeframe."
                    : "this file writes times as \(timePattern), years 1678...2261."
            } else {
                "no known form fits. Set date_format."
            }
        return defect(reader, id, "unreadable_time", "'time' is \(PluginError.quoted(text)); \(rest)")
    }

    private func foreign(_ reader: RecordReader, _ text: String) -> Defect {
        defect(
            reader, nil, "other_instrument",
            "the row is of \(PluginError.quoted(text)) in the file of another instrument; set columns.symbol: none to "
                + "ignore that column.")
    }

    private func unreadableSymbol(_ reader: RecordReader, _ text: String) -> Defect {
        defect(
            reader, nil, "unreadable_symbol",
            "'symbol' is \(PluginError.quoted(text)); allowed CODE.VENUE, a mainland code or a US symbol.")
    }

    private func defect(_ reader: RecordReader, _ id: InstrumentID?, _ reason: String, _ message: String) -> Defect {
        Defect(
            instrument: id ?? symbols.only?.reference.id, place: "\(file.place):\(reader.line)", reason: reason,
            message: message, raw: reader.rawText)
    }

    private static func message(_ fault: RecordFault) -> String {
        switch fault {
        case .unclosedQuote: "a quote is opened and not closed; only this line is left out."
        case .textAfterQuote: "text follows a closing quote; a quote in a quoted field is written twice."
        case .tooLong: "the line is longer than a record may be (1 MiB)."
        case .damagedText: "bytes of the row are no GB18030, so its fields are not certain."
        }
    }
}
