import CivilTime

/// A value that changes by law or rule book: each with the first day it holds and where that is written.
package struct Dated<Value: Sendable>: Sendable {
    /// One value of the course.
    package struct Entry: Sendable {
        /// First day it holds, in days after 1970-01-01.
        package let from: Int32
        package let value: Value
        /// Where that is written.
        package let source: String
    }

    /// Ascending by day.
    package let entries: [Entry]

    /// Creates a course of values, each from a day as `2023-08-28`, ascending.
    package init(_ entries: [(from: String, value: Value, source: String)]) {
        self.entries = entries.map { Entry(from: TradingDay.days($0.from) ?? .min, value: $0.value, source: $0.source) }
    }

    /// Creates a value that always holds.
    package init(always value: Value, _ source: String) {
        entries = [Entry(from: .min, value: value, source: source)]
    }

    /// Returns the value on a day; `nil` before the first.
    package func value(on day: Int32) -> Value? { entries.last { $0.from <= day }?.value }
}

/// Days of a venue: event times cut at its midnight.
package enum TradingDay {
    /// Returns the days after 1970-01-01 of a day as `2023-08-28`; `nil` where it is none.
    package static func days(_ text: String) -> Int32? {
        ISO8601.date(text).flatMap { Int32(exactly: $0.daysSinceEpoch) }
    }

    /// Returns the day an event time lies in, at a venue so many seconds ahead of UTC.
    @inline(__always)
    package static func day(of time: Int64, offset: Int64) -> Int32 {
        let seconds = (time >= 0 ? time : time &- 999_999_999) / 1_000_000_000 &+ offset
        return Int32(truncatingIfNeeded: (seconds >= 0 ? seconds : seconds &- 86_399) / 86_400)
    }

    /// Returns a day as text, `2023-08-28`.
    package static func text(_ day: Int32) -> String { ISO8601.format(CivilDate(daysSinceEpoch: Int64(day))) }
}
