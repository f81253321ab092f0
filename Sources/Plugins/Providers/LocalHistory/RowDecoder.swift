import DelimitedText
import PluginKit
import TimeZones
import TradingCalendars

/// An instrument and how local times of its rows are meant.
struct RowTarget: Sendable {
    let reference: InstrumentReference
    let zone: Zone
    /// Local second of the day at which a bar with only a date ends.
    let sessionClose: Int64
    /// Whether the venue rests on weekends.
    let hasWeekend: Bool
    /// The sessions of the venue; `nil` where it has none known, or the manifest says how a day ends.
    let calendar: TradingCalendar?
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
    private var clock: RowClock
    /// Where rows come from old to new: the last time in an hour that a change of clocks repeats, by instrument.
    private var repeated: [InstrumentID: Int64]?

    init(
        _ options: HistoryOptions, _ file: HistoryFile, _ layout: ColumnLayout, _ end: BarEnd, _ symbols: SymbolIndex,
        _ survey: FileSurvey
    ) {
        (self.options, self.file, self.layout, self.end, self.symbols) = (options, file, layout, end, symbols)
        clock = RowClock(layout, survey.pattern)
        repeated = survey.isNewestFirst ? nil : [:]
    }

    /// Learns the time of the last bar that an earlier stream pushed.
    mutating func note(_ time: Int64, of instrument: InstrumentID) { repeated?[instrument] = time }

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
        guard let written = clock.time(reader), let time = end.time(written, target) else { return nil }
        guard repeated != nil, let second = end.secondTime(written, target) else { return time }
        // The local times of this hour come twice: what is not after the last row is of the second pass.
        let id = target.reference.id
        let chosen = time > repeated?[id] ?? .min ? time : second
        repeated?[id] = chosen
        return chosen
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
            if volume != 0, volume.magnitude < Self.smallestVolume { return implausible(reader, volume, id) }
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

    /// No market has a smaller unit: a wei of ether is 1e-18. What is below is a damaged number.
    private static let smallestVolume = 1e-18

    private func implausible(_ reader: RecordReader, _ volume: Double, _ id: InstrumentID) -> DecodedRow {
        .defect(
            defect(
                reader, id, "implausible_volume",
                "'volume' is \(volume); it is 0 or at least \(Self.smallestVolume). Repair the file."))
    }

    private func number(_ reader: RecordReader, _ column: BarColumn, _ scale: Scale) -> Double? {
        layout[column].flatMap { scale.number(reader, $0) }
    }

    private func unreadable(_ reader: RecordReader, _ column: BarColumn, _ id: InstrumentID) -> DecodedRow {
        let text = layout[column].flatMap { reader.text($0) } ?? ""
        return .defect(
            defect(
                reader, id, "unreadable_number",
                "'\(column.rawValue)' is \(PluginError.quoted(text)); a decimal number is needed."
                    + NumberFormatName.hint(text)))
    }

    private mutating func unreadableTime(_ reader: RecordReader, _ id: InstrumentID) -> Defect {
        let text = clock.text(reader)
        let isIntraday = [.second, .minute, .hour].contains(end.timeframe.unit)
        let rest =
            if let pattern = clock.pattern {
                isIntraday && !pattern.hasTimeOfDay
                    ? "bars of \(end.timeframe) need a time of day. Set the pipeline's timeframe, columns.time, or "
                        + "columns.time_of_day where it has a column of its own."
                    : "this file writes times as \(pattern), years 1678...2261."
            } else {
                "no known form fits. Set date_format" + TimePattern.hint(text)
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
