/// How dates and times are written in a text: a pattern of letters, or one of a few names.
///
/// | In the pattern | Reads |
/// |---|---|
/// | `yyyy` | a year of four digits |
/// | `yy` | a year of two digits, 1970...2069 |
/// | `MM` `dd` `HH` `mm` `ss` | month, day, hour, minute, second, exactly two digits |
/// | `M` `d` `H` `m` `s` | the same, one or two digits |
/// | `MMM` | the English name of a month, three letters or all, in any case |
/// | `h` `hh` with `a` | an hour of 1...12 with `AM` or `PM` |
/// | `S` | digits of a fraction of a second, 1...9 |
/// | `Z` | `Z`, `+08:00`, `+0800` or `+08` |
/// | anything else | itself |
///
/// A pattern without year, month and day is a time of day, `HH:mm:ss`; whoever reads it knows the day.
///
/// Names: `iso8601` (`2013-03-01`, `2013-03-01T16:00:00.5-05:00`), `epoch_s`, `epoch_ms`, `epoch_us`, `epoch_ns`,
/// `excel` (days since 1899-12-30, the time of day as their fraction, as spreadsheets count), `ms_of_day` (milliseconds since
/// local midnight).
///
/// ```swift
/// let pattern = TimePattern("yyyy-M-d H:mm:ss")
/// ```
public struct TimePattern: Sendable, Hashable, CustomStringConvertible {
    /// The pattern or name.
    public let description: String
    private let form: Form

    private enum Form: Sendable, Hashable {
        case tokens([Token])
        case iso8601
        /// Nanoseconds in one unit of the count.
        case epoch(Int64)
        case excel
        case millisecondOfDay
    }

    enum Field: Sendable, Hashable {
        case year, month, day, hour, minute, second, fraction, offset, monthName, half
    }

    enum Token: Sendable, Hashable {
        case field(Field, digits: ClosedRange<Int>)
        case literal(UInt8)
    }

    /// Reads a pattern; `nil` where it has neither a whole date nor, without one, an hour, or a field twice.
    public init?(_ text: String) {
        description = text
        let units: [String: Int64] = [
            "epoch_s": 1_000_000_000, "epoch_ms": 1_000_000, "epoch_us": 1_000, "epoch_ns": 1,
        ]
        if text == "iso8601" {
            form = .iso8601
        } else if text == "excel" {
            form = .excel
        } else if text == "ms_of_day" {
            form = .millisecondOfDay
        } else if let unit = units[text] {
            form = .epoch(unit)
        } else {
            guard let tokens = Self.tokens(text) else { return nil }
            form = .tokens(tokens)
        }
    }

    /// The patterns tried, in this order, where none is given; each is told from the others by its shape.
    ///
    /// Digits alone are told by their count: 8, 12 and 14 are a date with or without time, 10, 13, 16 and 19 count
    /// seconds ... nanoseconds since the Unix epoch. Dates with slashes that end in the year are month first, as in
    /// the US.
    public static let known: [TimePattern] =
        [
            "yyyy-M-d", "yyyyMMdd", "yyyy-M-d H:m:s", "yyyy-M-d H:m", "iso8601", "yyyyMMddHHmmss", "yyyyMMddHHmm",
            "yyyy/M/d", "yyyy/M/d H:m:s", "yyyy/M/d H:m", "M/d/yyyy", "M/d/yyyy H:m:s", "M/d/yyyy H:m", "yyyy.M.d",
            "yyyy.M.d H:m:s", "yyyy.M.d H:m", "yyyyMMdd H:m:s", "yyyyMMdd H:m", "yyyyMMdd HHmmss", "yyyyMMdd HHmm",
            "yyyy年M月d日", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns", "H:m:s",
        ].compactMap { TimePattern($0) }

    /// Returns the first known pattern that reads a text.
    public static func detect(_ text: Span<UInt8>) -> TimePattern? {
        known.first { $0.isTold(byLengthOf: text) && $0.parse(text) != nil }
    }

    /// The same with day and month exchanged, where the month comes first between slashes: both could be meant.
    public var dayFirst: TimePattern? {
        description.hasPrefix("M/d/") ? TimePattern("d/M/\(description.dropFirst(4))") : nil
    }

    /// Forms that are not guessed, because they could mean something else or are rare; a user has to name them.
    private static let others: [TimePattern] =
        [
            "d/M/yyyy", "d/M/yyyy H:m", "d/M/yyyy H:m:s", "d.M.yyyy", "d.M.yyyy H:m", "d-M-yyyy", "M/d/yy",
            "MMM d, yyyy",
            "d MMM yyyy", "d-MMM-yyyy", "d-MMM-yy", "yyyyMMdd.0", "M/d/yyyy h:m a", "M/d/yyyy h:m:s a",
            "yyyy-M-d h:m:s a",
        ].compactMap { TimePattern($0) }

    /// Returns `; 'd.M.yyyy' would fit.` with the forms that read a text and are not guessed; a full stop where there are
    /// none.
    public static func hint(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var fitting = others.filter { $0.parse(bytes.span) != nil }.map(\.description)
        if let number = Double(text), (10_000..<80_000).contains(number) { fitting.append("excel") }
        guard !fitting.isEmpty else { return "." }
        return "; \(fitting.map { "'\($0)'" }.joined(separator: " or ")) would fit."
    }

    /// Reads a whole text, spaces around it allowed; `nil` where it is written otherwise or names no day that exists.
    public func parse(_ text: Span<UInt8>) -> WrittenTime? {
        var scanner = TimeScanner(text)
        scanner.skipSpaces()
        let time: WrittenTime? =
            switch form {
            case .tokens(let tokens): scanner.read(tokens)
            case .iso8601: scanner.readISO8601()
            case .epoch(let unit): scanner.readEpoch(unit)
            case .excel: scanner.readExcel()
            case .millisecondOfDay: scanner.readMillisecondOfDay()
            }
        scanner.skipSpaces()
        return scanner.isAtEnd ? time : nil
    }

    /// Whether the pattern can give a time of day.
    public var hasTimeOfDay: Bool {
        guard case .tokens(let tokens) = form else { return true }
        return tokens.contains {
            if case .field(.hour, _) = $0 { true } else { false }
        }
    }

    /// Whether the pattern gives the day; else that of a time it reads is 1970-01-01.
    public var hasDate: Bool {
        switch form {
        case .millisecondOfDay: false
        case .tokens(let tokens):
            tokens.contains { if case .field(.day, _) = $0 { true } else { false } }
        case .iso8601, .epoch, .excel: true
        }
    }

    /// Counts since the epoch are only guessed from texts of their usual length.
    private func isTold(byLengthOf text: Span<UInt8>) -> Bool {
        guard case .epoch(let unit) = form else { return true }
        return text.count == [1_000_000_000: 10, 1_000_000: 13, 1_000: 16, 1: 19][unit]
    }

    private static func tokens(_ text: String) -> [Token]? {
        let fields: [UInt8: (Field, Int)] = [
            UInt8(ascii: "y"): (.year, 4), UInt8(ascii: "M"): (.month, 2), UInt8(ascii: "d"): (.day, 2),
            UInt8(ascii: "H"): (.hour, 2), UInt8(ascii: "m"): (.minute, 2), UInt8(ascii: "s"): (.second, 2),
            UInt8(ascii: "S"): (.fraction, 9), UInt8(ascii: "Z"): (.offset, 1), UInt8(ascii: "h"): (.hour, 2),
            UInt8(ascii: "a"): (.half, 1),
        ]
        var tokens: [Token] = []
        var seen: Set<Field> = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.first {
            let run = rest.prefix { $0 == byte }.count
            guard let (field, most) = fields[byte] else {
                tokens.append(.literal(byte))
                rest = rest.dropFirst()
                continue
            }
            let isName = field == .month && run == 3
            guard run <= most || isName, field != .year || run == 4 || run == 2, seen.insert(field).inserted else {
                return nil
            }
            let digits = field == .fraction ? 1...9 : field == .year ? run...run : run == 2 ? 2...2 : 1...2
            tokens.append(.field(isName ? .monthName : field, digits: digits))
            rest = rest.dropFirst(run)
        }
        let isTwelve = text.contains("h")
        guard isTwelve == seen.contains(.half), !isTwelve || !text.contains("H") else { return nil }
        let date: Set<Field> = [.year, .month, .day, .monthName, .offset]
        let isTimeOfDay = seen.contains(.hour) && seen.isDisjoint(with: date)
        return isTimeOfDay || seen.isSuperset(of: [.year, .month, .day]) ? tokens : nil
    }
}
