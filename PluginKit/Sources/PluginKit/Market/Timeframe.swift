/// The span of a bar: a count of a unit, written `1m`, `5m`, `1h`, `1d`, `1w`, `1mo`.
public struct Timeframe: Hashable, Sendable, CustomStringConvertible {
    /// The units a span is counted in.
    public enum Unit: String, Sendable, Hashable, CaseIterable {
        /// Seconds.
        case second = "s"
        /// Minutes.
        case minute = "m"
        /// Hours.
        case hour = "h"
        /// Trading days.
        case day = "d"
        /// Calendar weeks.
        case week = "w"
        /// Calendar months.
        case month = "mo"
    }

    /// How many units; 1 or more.
    public let count: Int
    /// The unit.
    public let unit: Unit

    /// Creates a span; `count` is 1 or more.
    public init(_ count: Int, _ unit: Unit) {
        self.count = count
        self.unit = unit
    }

    /// Reads `1d`, `5m` and the like; `nil` where the text is no span.
    public init?(_ text: String) {
        let digits = text.prefix { $0.isASCII && $0.isNumber }
        guard let count = Int(digits), (1...10_000).contains(count),
            let unit = Unit(rawValue: String(text.dropFirst(digits.count)))
        else { return nil }
        self.init(count, unit)
    }

    /// `1d`, `5m` and the like.
    public var description: String { "\(count)\(unit.rawValue)" }

    /// The span in nanoseconds; a day is 24 hours, a month 30 days, and what 64 bits do not hold is the most they do.
    public var nanoseconds: Int64 {
        let seconds: Int64 =
            switch unit {
            case .second: 1
            case .minute: 60
            case .hour: 3_600
            case .day: 86_400
            case .week: 604_800
            case .month: 2_592_000
            }
        let (span, overflows) = (seconds * 1_000_000_000).multipliedReportingOverflow(by: Int64(count))
        return overflows ? .max : span
    }
}
