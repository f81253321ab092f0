public import CivilTime
public import EventTiming
public import PluginKit
import TimeZones

/// The event times of a request as the days a source is asked for: from a timeframe earlier, since a source may date a bar
/// before its end, within 1990 and now.
public struct ShareRange: Sendable {
    /// Event times, nanoseconds since the Unix epoch.
    public let range: ClosedRange<Int64>

    /// 1990-01-01: Shanghai and Shenzhen opened in December of that year.
    private static let begin: Int64 = 631_152_000_000_000_000

    /// Takes the range of a request.
    public init(_ request: FetchRequest, now: Int64) {
        let (start, overflows) = request.range.lowerBound.subtractingReportingOverflow(request.timeframe.nanoseconds)
        let first = max(overflows ? .min : start, Self.begin)
        range = first...max(first, min(request.range.upperBound, now))
    }

    private init(_ range: ClosedRange<Int64>) { self.range = range }

    /// The same from the begin of all data on.
    public var fromBegin: ShareRange { ShareRange(Self.begin...range.upperBound) }

    /// The same up to an instant, and ten days before its begin.
    public func untilNow(_ now: Int64) -> ShareRange {
        let begin = max(range.lowerBound - 10 * 86_400_000_000_000, Self.begin)
        return ShareRange(begin...max(begin, now))
    }

    /// The first and last day in the instrument's zone.
    public func days(_ target: RowTarget) -> (first: CivilDate, last: CivilDate) {
        func day(_ instant: Int64) -> CivilDate {
            let second = instant.flooredDivision(by: 1_000_000_000).quotient
            let local = (second + target.zone.offset(at: second)).flooredDivision(by: 86_400).quotient
            return CivilDate(daysSinceEpoch: local)
        }
        return (day(range.lowerBound), day(range.upperBound))
    }

    /// Returns a date as `20240320`.
    public static func compact(_ date: CivilDate) -> String { ISO8601.format(date).replacing("-", with: "") }
}

extension Instrument {
    /// Whether it is of Shanghai, Shenzhen or Beijing.
    public var isMainland: Bool { ["SH", "SZ", "BJ"].contains(venue) }

    /// Whether it is an index of Shanghai or Shenzhen, by its code.
    public var isMainlandIndex: Bool {
        venue == "SH" && code.hasPrefix("000") || venue == "SZ" && code.hasPrefix("399")
    }
}
