/// The event times a record may have; what lies outside is refused at the edge, so that arithmetic on times is safe behind it.
package enum EventTimes {
    /// 1800-01-01 ... 2199-12-31, nanoseconds since the Unix epoch, UTC: no market's records lie outside.
    package static let possible: ClosedRange<Int64> = -5_364_662_400_000_000_000...7_258_118_399_999_999_999

    /// Returns the last event time that is no future at an instant: a bar may be of the day or the span that is not over yet.
    ///
    /// - Parameters:
    ///   - now: the machine's clock, also where the past is played again; nanoseconds since the Unix epoch, UTC.
    ///   - span: the bars' timeframe in nanoseconds.
    package static func latest(at now: Int64, span: Int64) -> Int64 {
        let (time, overflows) = now.addingReportingOverflow(max(day, min(span, 400 * day)))
        return overflows ? possible.upperBound : min(max(time, possible.lowerBound), possible.upperBound)
    }

    private static let day: Int64 = 86_400_000_000_000
}
