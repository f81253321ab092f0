import DelimitedText
import EventTiming
import PluginKit
import TimeZones

/// How rows of a file become events of one kind: which columns, which checks. All else is the same for every kind.
protocol EventRows<Event>: Sendable {
    associatedtype Event: MarketEvent & Hashable

    static var columns: [ColumnUse] { get }
    /// The order of columns where there is neither a header nor `columns` in the manifest; empty where there is none.
    static var usualOrder: [HistoryColumn] { get }
    /// How a time in a file is meant.
    static var timing: RowTiming.Rule { get }
    /// Whether what a row means depends on the row before it.
    var dependsOnRowsBefore: Bool { get }

    /// Prepares for the rows of one file; throws where its columns do not suffice.
    init(_ layout: ColumnLayout, _ options: HistoryOptions, _ survey: FileSurvey) throws(MissingColumn)

    /// Returns what the reader's current record says.
    mutating func read(_ row: borrowing HistoryRow) -> RowReading<Event>
}

extension EventRows {
    var dependsOnRowsBefore: Bool { false }
}

/// A record whose time and instrument are read.
struct HistoryRow: ~Copyable {
    let reader: RecordReader
    /// Event time, nanoseconds since the Unix epoch.
    let time: Int64
    let target: RowTarget

    /// The instrument, by the host's number.
    var id: InstrumentID { target.reference.id }
}

/// What one record says.
enum RowReading<Event> {
    case event(Event)
    /// Several events of one time and instrument.
    case events([Event])
    /// Nothing: a report without figures, a day without split and dividend.
    case nothing
    case fault(RowFault)
}

/// Why a record is no event.
struct RowFault: Error {
    let reason: String
    let message: String
}

/// A column that a kind needs, beyond what can be told of each alone.
struct MissingColumn: Error {
    let column: HistoryColumn
}

/// Reads fields of one column as numbers.
struct NumberColumn: Sendable {
    private let position: Int
    private let column: HistoryColumn
    private let scale: Scale

    /// `nil` where the files have no such column.
    init?(_ layout: ColumnLayout, _ column: HistoryColumn, _ scale: Scale = Scale(1)) {
        guard let position = layout[column] else { return nil }
        self.init(at: position, column, scale)
    }

    init(at position: Int, _ column: HistoryColumn, _ scale: Scale) {
        (self.position, self.column, self.scale) = (position, column, scale)
    }

    /// The number; throws where there is none.
    func number(_ row: borrowing HistoryRow) throws(RowFault) -> Double {
        if let number = scale.number(row.reader, position) { return number }
        guard let text = row.reader.text(position) else {
            throw RowFault(
                reason: "damaged_text",
                message: "'\(column.word)' has bytes that are no characters of the file's encoding. Repair the row.")
        }
        throw RowFault(
            reason: "unreadable_number",
            message: "'\(column.word)' is \(PluginError.quoted(text)); a decimal number is needed."
                + NumberFormatName.hint(text))
    }

    /// The number; `nil` where the field is empty, or the record ends before it.
    func optional(_ row: borrowing HistoryRow) throws(RowFault) -> Double? {
        position >= row.reader.fieldCount || row.reader.isBlank(position) ? nil : try number(row)
    }

    /// The number as a quantity: no market has a smaller unit than a wei of ether, 1e-18; below is a damaged number.
    func quantity(_ row: borrowing HistoryRow) throws(RowFault) -> Double {
        let value = try number(row)
        guard value != 0, value.magnitude < 1e-18 else { return value }
        throw RowFault(
            reason: "implausible_volume",
            message: "'\(column.word)' is \(value); it is 0 or at least 1e-18. Repair the file.")
    }
}

/// Reads fields of one column as dates, a date as the end of its day.
struct DateColumn: Sendable {
    private let position: Int
    private let column: HistoryColumn
    private let pattern: TimePattern?

    /// `nil` where the files have no such column.
    init?(_ layout: ColumnLayout, _ column: HistoryColumn, _ survey: FileSurvey) {
        guard let position = layout[column] else { return nil }
        (self.position, self.column, pattern) = (position, column, survey.pattern)
    }

    /// The instant; `nil` where the field is empty, throws where it is no date.
    func time(_ row: borrowing HistoryRow) throws(RowFault) -> Int64? {
        guard position < row.reader.fieldCount, !row.reader.isBlank(position) else { return nil }
        let written = row.reader.withField(position) { text in
            pattern?.parse(text) ?? TimePattern.detect(text)?.parse(text)
        }
        if let time = written.flatMap({ [target = row.target] in RowTiming.endOfDay($0, target) }) { return time }
        throw RowFault(
            reason: "unreadable_time",
            message: "'\(column.word)' is \(PluginError.quoted(row.reader.text(position) ?? "")); a date is needed.")
    }
}
