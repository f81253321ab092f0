/// A day of the proleptic Gregorian calendar, and its distance from 1970-01-01; no zone, no clock.
///
/// Source: H. Hinnant, *chrono-Compatible Low-Level Date Algorithms*, `days_from_civil` and `civil_from_days`.
public struct CivilDate: Sendable, Hashable, Comparable {
    /// The year; 0 is 1 BC.
    public let year: Int
    /// The month, 1...12.
    public let month: Int
    /// The day of the month, 1...31.
    public let day: Int

    /// Years whose days fit in 64 bits.
    private static let years = -25_000_000_000_000_000...25_000_000_000_000_000

    /// Creates a date; `nil` where the calendar has no such day.
    public init?(year: Int, month: Int, day: Int) {
        guard Self.years.contains(year), (1...12).contains(month), day >= 1,
            day <= Self.length(ofMonth: month, year: year)
        else { return nil }
        self.year = year
        self.month = month
        self.day = day
    }

    /// Creates the date that lies some days after 1970-01-01; any number is a day.
    public init(daysSinceEpoch days: Int64) {
        // 719,468 days lie between 0000-03-01 and the epoch: 4 eras and 135,080 days. Adding them here cannot overflow.
        let (eras, rest) = days.flooredDivision(by: 146_097)
        let (carry, dayOfEra) = (rest + 135_080).flooredDivision(by: 146_097)
        let era = eras + 4 + carry
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        day = Int(dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
        month = Int(shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9)
        year = Int(yearOfEra + era * 400) + (month <= 2 ? 1 : 0)
    }

    /// Days after 1970-01-01; negative before.
    public var daysSinceEpoch: Int64 {
        let (era, yearOfEra) = Int64(month <= 2 ? year - 1 : year).flooredDivision(by: 400)
        let dayOfYear = Int64((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1)
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        // The sum fits in 64 bits; the product alone may not, at the very ends.
        return (era - 4) &* 146_097 &+ (dayOfEra - 135_080)
    }

    /// The day of the week, 0 is Sunday.
    public var weekday: Int { Int((daysSinceEpoch.flooredDivision(by: 7).remainder + 4) % 7) }

    /// Returns the day some months later, or earlier; a day that month lacks becomes its last, a year that lies too far
    /// away the farthest there is.
    public func adding(months: Int) -> CivilDate {
        let (total, isTooFar) = (year * 12 + month - 1).addingReportingOverflow(months)
        let (shifted, rest) = Int64(isTooFar ? (months > 0 ? .max : .min) : total).flooredDivision(by: 12)
        let year = min(max(Int(shifted), Self.years.lowerBound), Self.years.upperBound)
        let month = Int(rest) + 1
        return CivilDate(year: year, month: month, day: min(day, Self.length(ofMonth: month, year: year))) ?? self
    }

    /// Orders by time.
    public static func < (left: CivilDate, right: CivilDate) -> Bool {
        (left.year, left.month, left.day) < (right.year, right.month, right.day)
    }

    /// Whether a year has a 29th of February.
    public static func isLeap(_ year: Int) -> Bool {
        year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    }

    /// Returns how many days a month (1...12) has.
    public static func length(ofMonth month: Int, year: Int) -> Int {
        switch month {
        case 2: isLeap(year) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}

extension Int64 {
    /// Returns the quotient rounded down and the remainder, which is never negative; `divisor` is above 0.
    public func flooredDivision(by divisor: Int64) -> (quotient: Int64, remainder: Int64) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
