import CivilTime

/// Event times as people read and write them.
package enum EventTimeText {
    /// Returns `2013-03-01 21:00:00`, UTC, for nanoseconds since the Unix epoch.
    package static func utc(_ time: Int64) -> String {
        ISO8601.format(time, decimals: 0).dropLast().split(separator: "T").joined(separator: " ")
    }

    /// Reads `2010-01-31` as the first or the last nanosecond of that day, UTC; `nil` where the text is no date.
    package static func day(_ text: String, isEnd: Bool) -> Int64? {
        guard let date = ISO8601.date(text) else { return nil }
        return UTCTime(date: date, ofDay: isEnd ? UTCTime.nanosecondsPerDay - 1 : 0).nanoseconds
    }
}
