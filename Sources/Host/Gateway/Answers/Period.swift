import CivilTime

/// A stretch of history, counted back from an instrument's last event: never from the wall clock.
enum Period: String, CaseIterable {
    case fiveDays = "5d"
    case oneMonth = "1mo"
    case threeMonths = "3mo"
    case sixMonths = "6mo"
    case oneYear = "1y"
    case twoYears = "2y"
    case fiveYears = "5y"
    case tenYears = "10y"
    case yearToDate = "ytd"
    case max

    /// Reads a period; another text is an error that lists the allowed ones.
    init(_ text: String) throws(GatewayError) {
        guard let period = Period(rawValue: text) else {
            throw .badParameter("period", text, allowed: Self.allCases.map(\.rawValue).joined(separator: ", "))
        }
        self = period
    }

    /// Returns the first instant of the period that ends at `last`; `5d` are the last five days of the calendar.
    func start(before last: Int64) -> Int64 {
        switch self {
        case .fiveDays: last.subtractingReportingOverflow(5 * UTCTime.nanosecondsPerDay - 1).partialValue
        case .oneMonth: Self.months(1, before: last)
        case .threeMonths: Self.months(3, before: last)
        case .sixMonths: Self.months(6, before: last)
        case .oneYear: Self.months(12, before: last)
        case .twoYears: Self.months(24, before: last)
        case .fiveYears: Self.months(60, before: last)
        case .tenYears: Self.months(120, before: last)
        case .yearToDate: Self.startOfYear(last)
        case .max: .min
        }
    }

    /// The same instant some months earlier lies outside: one year of daily bars is not one bar more.
    private static func months(_ months: Int, before last: Int64) -> Int64 {
        var time = UTCTime(nanoseconds: last)
        time.date = time.date.adding(months: -months)
        return time.nanoseconds.map { $0.addingReportingOverflow(1).partialValue } ?? .min
    }

    private static func startOfYear(_ last: Int64) -> Int64 {
        let year = UTCTime(nanoseconds: last).date.year
        return CivilDate(year: year, month: 1, day: 1).flatMap { UTCTime(date: $0).nanoseconds } ?? .min
    }
}
