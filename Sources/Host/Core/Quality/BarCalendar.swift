package import PluginKit

/// What a route does about bars that its venue's calendar has between two, and no provider gave.
package enum MissingBars: String, Sendable, CaseIterable {
    /// They stay missing, and that is told.
    case leave
    /// Bars without volume at the last close stand for them, flagged `filled`.
    case fill
    /// The bar after them is refused, and those after it.
    case fail
}

/// The bars that the calendar of a venue has between two others.
///
/// Only between two that both end when a bar of the calendar ends is anything known: of bars that are dated otherwise nobody knows.
/// Costs a comparison a bar, and a look into the calendar where more than a span lies between two.
package struct BarCalendar: Sendable {
    /// Bars of one gap that are counted at most.
    private static let limit = 100_000
    /// How far a day may be from 24 hours where clocks change.
    private static let shift: Int64 = 3_600_000_000_000

    let timeframe: Timeframe
    /// By instrument number.
    private let hours: [(any TradingHours)?]
    /// What may lie between two bars without a look into the calendar, nanoseconds.
    private let span: Int64

    /// Creates that of bars of some instruments, by their numbers below a count; `nil` where none of their venues has a calendar.
    package init?(
        _ timeframe: Timeframe, _ count: Int, _ instruments: [InstrumentReference], _ find: TradingHoursFinder
    ) {
        self.timeframe = timeframe
        let isWithinDay = [.second, .minute, .hour].contains(timeframe.unit)
        span = timeframe.nanoseconds + (isWithinDay ? 0 : Self.shift)
        var hours: [(any TradingHours)?] = Array(repeating: nil, count: count)
        for reference in instruments { hours[Int(reference.id.rawValue)] = find(reference.instrument) }
        guard hours.contains(where: { $0 != nil }) else { return nil }
        self.hours = hours
    }

    /// The ends of the bars between two, in order; none where none is missing, or the calendar does not know.
    func missing(from before: Int64, to time: Int64, of instrument: InstrumentID) -> [Int64] {
        // The calendar is touched last: of nearly all bars the times alone say enough.
        let slot = Int(instrument.rawValue)
        guard time - before > span, slot < hours.count, let hours = hours[slot],
            hours.barEnd(atOrAfter: before, timeframe: timeframe) == before,
            hours.barEnd(atOrAfter: time, timeframe: timeframe) == time
        else { return [] }
        var (ends, end) = ([Int64](), before)
        while ends.count < Self.limit, let next = hours.barEnd(atOrAfter: end + 1, timeframe: timeframe), next < time {
            ends.append(next)
            end = next
        }
        return ends
    }
}
