package import PluginKit

/// What is missing between the first and the last bar of a series, by the calendar of its venue. Nothing is ever filled in.
package struct SeriesGaps: Sendable, Hashable {
    /// Bars in a row that are not there.
    package struct Gap: Sendable, Hashable {
        /// Event time of the first one, nanoseconds since the Unix epoch, UTC.
        package let first: Int64
        /// Event time of the last one.
        package fileprivate(set) var last: Int64
        /// How many.
        package fileprivate(set) var count: Int
    }

    /// Bars that are there where one ends.
    package private(set) var found = 0
    /// Bars at times at which none ends.
    package private(set) var unexpected = 0
    /// Bars of days that the calendar does not know: no gap among them is told.
    package private(set) var notKnown = 0
    /// What is missing, in order of time. An instrument that did not trade, as a suspended share, has a gap too.
    package private(set) var gaps: [Gap] = []

    /// How many bars are missing.
    package var missing: Int { gaps.reduce(0) { $0 + $1.count } }

    /// Compares event times, ascending and each once, with the ends of bars that a calendar has.
    package init(times: [Int64], hours: any TradingHours, timeframe: Timeframe) {
        guard var from = times.first else { return }
        var (index, isOpen) = (0, false)
        while index < times.count {
            guard let end = hours.barEnd(atOrAfter: from, timeframe: timeframe) else {
                notKnown += 1
                index += 1
                isOpen = false
                if index < times.count { from = times[index] }
                continue
            }
            if times[index] < end {
                unexpected += 1
                index += 1
            } else if times[index] == end {
                found += 1
                index += 1
                from = end + 1
                isOpen = false
            } else {
                note(end, goesOn: isOpen)
                isOpen = true
                from = end + 1
            }
        }
    }

    private mutating func note(_ time: Int64, goesOn: Bool) {
        if goesOn, !gaps.isEmpty {
            gaps[gaps.count - 1].last = time
            gaps[gaps.count - 1].count += 1
        } else {
            gaps.append(Gap(first: time, last: time, count: 1))
        }
    }
}
