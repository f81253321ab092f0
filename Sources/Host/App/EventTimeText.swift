/// Event times as people read and write them.
package enum EventTimeText {
    /// Returns `2013-03-01 21:00:00`, UTC, for nanoseconds since the Unix epoch.
    package static func utc(_ time: Int64) -> String {
        let seconds = Int(time.dividedByFloor(1_000_000_000))
        let day = Int(Int64(seconds).dividedByFloor(86_400))
        let rest = seconds - day * 86_400
        let (year, month, date) = civil(day)
        return "\(year)-\(two(month))-\(two(date)) \(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))"
    }

    /// Reads `2010-01-31` as the first or the last nanosecond of that day, UTC; `nil` where the text is no date.
    package static func day(_ text: String, isEnd: Bool) -> Int64? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0].utf8.count == 4, let year = Int(parts[0]), let month = Int(parts[1]),
            let date = Int(parts[2]), (1678...2261).contains(year), (1...12).contains(month)
        else { return nil }
        let day = days(year, month, date)
        guard (1...31).contains(date), civil(day) == (year, month, date) else { return nil }
        return Int64(isEnd ? day + 1 : day) * 86_400_000_000_000 - (isEnd ? 1 : 0)
    }

    // Days from civil and back: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    private static func days(_ year: Int, _ month: Int, _ date: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + date - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    private static func civil(_ day: Int) -> (Int, Int, Int) {
        let shifted = day + 719_468
        let era = Int(Int64(shifted).dividedByFloor(146_097))
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}

extension Int64 {
    fileprivate func dividedByFloor(_ divisor: Int64) -> Int64 {
        let (quotient, rest) = quotientAndRemainder(dividingBy: divisor)
        return rest < 0 ? quotient - 1 : quotient
    }
}
