/// When the exchange's day ends. Tokyo is nine hours ahead of UTC all year.
enum TokyoSession {
    /// The first day that ended at 15:30 and not at 15:00: 2024-11-05.
    private static let longerSince = days(2024, 11, 5)

    /// Returns the end of a day's session in nanoseconds since the Unix epoch; `nil` where the text is no date.
    static func end(ofDay text: String) -> Int64? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.map(\.count) == [4, 2, 2], parts.allSatisfy({ $0.utf8.allSatisfy { (48...57).contains($0) } }),
            let year = Int64(parts[0]), let month = Int64(parts[1]), let day = Int64(parts[2]),
            (1949...2200).contains(year), (1...12).contains(month), (1...length(year, month)).contains(day)
        else { return nil }
        let date = days(year, month, day)
        let minutes: Int64 = (date < longerSince ? 15 * 60 : 15 * 60 + 30) - 9 * 60
        return (date * 1_440 + minutes) * 60_000_000_000
    }

    private static func length(_ year: Int64, _ month: Int64) -> Int64 {
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        return month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31
    }

    /// Days since 1970-01-01 of a date after the year 0, by counting years from March.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted / 400
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }
}
