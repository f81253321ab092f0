import CivilTime
public import PluginKit

extension TradingCalendar {
    /// Returns the end of the first bar that ends at an instant or after it; `nil` where it is not known.
    ///
    /// - Seconds, minutes and hours are counted from the session's open, and anew after its break; the last bar of each
    ///   part ends with the part.
    /// - A day ends with its session's close. A week runs from Monday to Sunday, a month is one of the calendar; both
    ///   end with the last close in them, and a week or month without a session has no bar.
    /// - Several days, weeks or months are counted from 1970-01-01, the Monday before it and January of the year 0: `3mo`
    ///   are quarters.
    public func barEnd(atOrAfter instant: Int64, timeframe: Timeframe) -> Int64? {
        guard (1...10_000).contains(timeframe.count), let session = session(closingAtOrAfter: instant) else {
            return nil
        }
        switch timeframe.unit {
        case .second, .minute, .hour: return session.barEnd(atOrAfter: instant, step: timeframe.nanoseconds)
        case .day, .week, .month: return lastClose(among: Self.span(timeframe, around: session.day))
        }
    }

    /// Returns the ends of all bars in a range, in ascending order; what is not known is left out.
    public func barEnds(in range: ClosedRange<Int64>, timeframe: Timeframe) -> BarEnds {
        BarEnds(calendar: self, timeframe: timeframe, range: range)
    }

    /// Returns the days that a bar of days, weeks or months covers.
    private static func span(_ timeframe: Timeframe, around date: CivilDate) -> ClosedRange<Int64> {
        let (day, count) = (date.daysSinceEpoch, Int64(timeframe.count))
        switch timeframe.unit {
        case .month:
            let month = Int64(date.year * 12 + date.month - 1)
            let first = month - month.flooredDivision(by: count).remainder
            return Self.firstDay(ofMonth: first)...Self.firstDay(ofMonth: first + count) - 1
        case .week:
            // 1970-01-01 was a Thursday.
            let first = day - (day + 3).flooredDivision(by: count * 7).remainder
            return first...first + count * 7 - 1
        default:
            let first = day - day.flooredDivision(by: count).remainder
            return first...first + count - 1
        }
    }

    /// The first day of a month, counted from January of the year 0.
    private static func firstDay(ofMonth month: Int64) -> Int64 {
        let (year, rest) = month.flooredDivision(by: 12)
        return CivilDate(year: Int(year), month: Int(rest) + 1, day: 1)?.daysSinceEpoch ?? 0
    }
}

/// The ends of the bars in a range, computed one after the other.
public struct BarEnds: Sequence, IteratorProtocol, Sendable {
    private let calendar: TradingCalendar
    private let timeframe: Timeframe
    private let last: Int64
    private var from: Int64?

    init(calendar: TradingCalendar, timeframe: Timeframe, range: ClosedRange<Int64>) {
        self.calendar = calendar
        self.timeframe = timeframe
        last = range.upperBound
        // What lies before the known days has no ends that could be given.
        let known = calendar.start(ofDay: calendar.knownDays.lowerBound)
        from = Swift.max(range.lowerBound, known)
    }

    /// Returns the next end, nanoseconds since the Unix epoch.
    public mutating func next() -> Int64? {
        guard let start = from, let end = calendar.barEnd(atOrAfter: start, timeframe: timeframe), end <= last else {
            from = nil
            return nil
        }
        from = end + 1
        return end
    }
}
