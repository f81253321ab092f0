import DelimitedText
import PluginKit
import TimeZones

/// Reads the time of a record from its column, or from one for the date and one for the time of day; finds out how it is
/// written where nothing says it.
struct RowClock {
    /// How times are written; `nil` until a row shows it.
    private(set) var pattern: TimePattern?
    /// How a date is written that nothing known fits but a reading with the day first.
    private(set) var dayFirst: TimePattern?
    /// The day that the file's name says, for times that have none.
    private let day: Int64?
    private let date: Int?
    private let timeOfDay: Int?
    private var joined: [UInt8] = []

    init(_ layout: ColumnLayout, _ pattern: TimePattern?, day: Int64?) {
        (date, timeOfDay, self.pattern, self.day) = (layout[.time], layout[.timeOfDay], pattern, day)
    }

    /// Returns the time of the reader's current record; `nil` where it cannot be read.
    mutating func time(_ reader: RecordReader) -> WrittenTime? {
        guard let date, date < reader.fieldCount else { return nil }
        guard let timeOfDay, timeOfDay < reader.fieldCount, !reader.isBlank(timeOfDay) else {
            if pattern == nil { note(reader.withField(date) { Self.detect($0) }) }
            guard let pattern else { return nil }
            return dated(reader.withField(date) { pattern.parse($0) }, pattern)
        }
        joined.removeAll(keepingCapacity: true)
        Self.append(reader, date, to: &joined)
        joined.append(UInt8(ascii: " "))
        Self.append(reader, timeOfDay, to: &joined)
        if pattern == nil { note(Self.detect(joined.span)) }
        return pattern.flatMap { pattern in dated(pattern.parse(joined.span), pattern) }
    }

    /// Gives a time of day the day of the file.
    private func dated(_ written: WrittenTime?, _ pattern: TimePattern) -> WrittenTime? {
        guard !pattern.hasDate, var time = written else { return written }
        guard let day else { return nil }
        time.day += day
        return time
    }

    /// The time as the record has it.
    mutating func text(_ reader: RecordReader) -> String {
        guard let date, date < reader.fieldCount else { return "" }
        guard let timeOfDay, timeOfDay < reader.fieldCount else { return reader.text(date) ?? "" }
        return "\(reader.text(date) ?? "") \(reader.text(timeOfDay) ?? "")"
    }

    private mutating func note(_ found: (pattern: TimePattern?, dayFirst: TimePattern?)) {
        pattern = found.pattern
        dayFirst = dayFirst ?? found.dayFirst
    }

    /// Returns the known form of a time, or the form with the day first where only that fits.
    private static func detect(_ text: Span<UInt8>) -> (pattern: TimePattern?, dayFirst: TimePattern?) {
        if let pattern = TimePattern.detect(text) { return (pattern, nil) }
        for case let turned? in TimePattern.known.map(\.dayFirst) where turned.parse(text) != nil {
            return (nil, turned)
        }
        return (nil, nil)
    }

    private static func append(_ reader: RecordReader, _ field: Int, to bytes: inout [UInt8]) {
        reader.withField(field) { text in for index in text.indices { bytes.append(text[index]) } }
    }
}
