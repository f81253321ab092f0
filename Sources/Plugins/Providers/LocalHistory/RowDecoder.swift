import DelimitedText
import EventTiming
import PluginKit
import TimeZones

/// What became of one record.
enum DecodedRow<Event> {
    case event(Event)
    /// Several events of one time and instrument.
    case events([Event])
    case defect(Defect)
    /// A row of an instrument nobody asked for, or that says nothing.
    case skipped
    /// A row of another instrument that was asked for, which another cursor reads.
    case ofOther
}

/// Turns records of one file into events; pure but for what it remembers of rows before (how times are written).
struct RowDecoder<Rows: EventRows> {
    private let file: HistoryFile
    private let layout: ColumnLayout
    private let timing: RowTiming
    private var rows: Rows
    private var symbols: SymbolIndex
    private var clock: RowClock
    /// Where rows come from old to new: the last time in an hour that a change of clocks repeats, by instrument.
    private var repeated: [InstrumentID: Int64]?

    init(
        _ file: HistoryFile, _ layout: ColumnLayout, _ timing: RowTiming, _ rows: Rows, _ symbols: SymbolIndex,
        _ survey: FileSurvey
    ) {
        (self.file, self.layout, self.timing, self.rows, self.symbols) = (file, layout, timing, rows, symbols)
        clock = RowClock(layout, survey.pattern, day: file.day)
        repeated = survey.isNewestFirst ? nil : [:]
    }

    /// Whether what a row means depends on the row before it.
    var dependsOnRowsBefore: Bool { rows.dependsOnRowsBefore }

    /// Learns the time of the last event that an earlier stream pushed.
    mutating func note(_ time: Int64, of instrument: InstrumentID) { repeated?[instrument] = time }

    /// Names in the symbol column so far.
    var symbolNames: [String] { symbols.names }

    /// Returns the event of the reader's current record, or why there is none.
    mutating func decode(_ reader: RecordReader) -> DecodedRow<Rows.Event> {
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
        switch rows.read(HistoryRow(reader: reader, time: time, target: target)) {
        case .event(let event): return .event(event)
        case .events(let events): return .events(events)
        case .nothing: return .skipped
        case .fault(let fault): return .defect(defect(reader, id, fault.reason, fault.message))
        }
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
        guard let written = clock.time(reader), let time = timing.time(written, target) else { return nil }
        guard repeated != nil, let second = timing.secondTime(written, target) else { return time }
        // The local times of this hour come twice: what is not after the last row is of the second pass.
        let id = target.reference.id
        let chosen = timing.isRepeat(time, after: repeated?[id] ?? .min) ? second : time
        repeated?[id] = chosen
        return chosen
    }

    private mutating func unreadableTime(_ reader: RecordReader, _ id: InstrumentID) -> Defect {
        let text = clock.text(reader)
        let rest =
            if let pattern = clock.pattern {
                if !pattern.hasDate, file.day == nil {
                    "a time of day needs a date: a file_pattern with {date}, or columns.time_of_day beside columns.time."
                } else if let what = timing.needsTimeOfDay, !pattern.hasTimeOfDay {
                    "\(what) need a time of day. Set the pipeline's timeframe, columns.time, or columns.time_of_day where "
                        + "it has a column of its own."
                } else {
                    "this file writes times as \(pattern), years 1678...2261."
                }
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
