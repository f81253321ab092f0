import CivilTime

/// Reads the header `Retry-After` (RFC 9110): seconds, or a date such as `Wed, 21 Oct 2015 07:28:00 GMT`.
enum RetryAfter {
    /// Returns the wait from `now` (nanoseconds since the Unix epoch) on, 0 ... 7 days, or `nil` where it is unreadable.
    static func wait(_ text: String, now: Int64) -> Duration? {
        let text = text.trimmed
        if let seconds = Int64(text), seconds >= 0 { return .seconds(min(seconds, longest)) }
        guard let instant = instant(text) else { return nil }
        return .seconds(max(0, min(instant - now / 1_000_000_000, longest)))
    }

    private static let longest: Int64 = 7 * 86_400
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Returns seconds since the Unix epoch of an IMF-fixdate.
    private static func instant(_ text: String) -> Int64? {
        let words = text.split(separator: " ")
        guard words.count == 6, words[5] == "GMT", let day = Int(words[1]), let year = Int(words[3]),
            let month = months.firstIndex(of: String(words[2])), (1_970...2_261).contains(year),
            let date = CivilDate(year: year, month: month + 1, day: day)
        else { return nil }
        let time = words[4].split(separator: ":").map { Int64($0) ?? -1 }
        guard time.count == 3, (0..<24).contains(time[0]), (0..<60).contains(time[1]), (0...60).contains(time[2])
        else { return nil }
        return date.daysSinceEpoch * 86_400 + time[0] * 3_600 + time[1] * 60 + time[2]
    }
}

extension String {
    /// The text without spaces, tabs and line ends around it.
    var trimmed: String {
        var rest = Substring(self)
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest.drop { $0.isWhitespace })
    }
}
