/// An instant as a day of the UTC calendar and the time of that day.
public struct UTCTime: Sendable, Hashable {
    /// The day.
    public var date: CivilDate
    /// Nanoseconds since midnight.
    public let ofDay: Int64

    /// Nanoseconds of a day.
    public static let nanosecondsPerDay: Int64 = 86_400 * 1_000_000_000

    /// Creates a time of a day; within two days of it, as a time in another zone may be.
    public init(date: CivilDate, ofDay: Int64 = 0) {
        self.date = date
        self.ofDay = ofDay
    }

    /// Splits nanoseconds since the Unix epoch.
    public init(nanoseconds: Int64) {
        let (day, rest) = nanoseconds.flooredDivision(by: Self.nanosecondsPerDay)
        self.init(date: CivilDate(daysSinceEpoch: day), ofDay: rest)
    }

    /// Nanoseconds since the Unix epoch; `nil` outside 1677-09-21 ... 2262-04-11, where 64 bits end.
    public var nanoseconds: Int64? {
        let day = date.daysSinceEpoch
        // Towards 1970, so that the first day, which begins before the least instant, still has its evening.
        let (near, rest) = day < 0 ? (day + 1, ofDay - Self.nanosecondsPerDay) : (day, ofDay)
        let (start, tooFar) = near.multipliedReportingOverflow(by: Self.nanosecondsPerDay)
        let (sum, outside) = start.addingReportingOverflow(rest)
        return tooFar || outside ? nil : sum
    }
}
