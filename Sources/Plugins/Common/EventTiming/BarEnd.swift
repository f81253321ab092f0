import CivilTime
public import PluginKit
public import TimeZones
import TradingCalendars

/// Turns the time of a row into the event time of its bar: the end of its span.
public struct BarEnd: Sendable {
    /// The span.
    public let timeframe: Timeframe
    /// Whether the times of rows are the start of the span.
    public let isStart: Bool

    /// Creates the rule for bars of a span.
    public init(timeframe: Timeframe, isStart: Bool) {
        self.timeframe = timeframe
        self.isStart = isStart
    }

    /// Returns the end of the bar, or `nil` where the row's time does not say it.
    ///
    /// From a day on, a bar ends with the last session of its days, half days as the venue's calendar has them; midnight UTC in a count of seconds, or with an offset,
    /// is a date too. Shorter bars end at the time written, or a timeframe after it.
    public func time(_ written: WrittenTime, _ target: RowTarget) -> Int64? {
        switch timeframe.unit {
        case .second, .minute, .hour:
            guard written.hasTimeOfDay, let time = written.instant(in: target.zone) else { return nil }
            return isStart ? Self.checked(time.addingReportingOverflow(timeframe.nanoseconds)) : time
        case .day, .week, .month:
            let isDate = written.offset == nil || written.nanosecondOfDay == 0
            let day = isDate ? written.day : written.day(in: target.zone)
            let last = isStart ? max(day, lastDay(from: day, hasWeekend: target.hasWeekend)) : day
            return Self.lastClose(day...last, target)
                ?? WrittenTime(day: last, nanosecondOfDay: target.sessionClose * 1_000_000_000).instant(in: target.zone)
        }
    }

    /// Returns the end of the bar whose calendar week or month has the day written, for sources that date a bar by the last day
    /// traded, one still forming by the last so far; of other timeframes as `time` has it.
    public func timeOfPeriod(with written: WrittenTime, _ target: RowTarget) -> Int64? {
        guard timeframe.count == 1, [.week, .month].contains(timeframe.unit) else { return time(written, target) }
        let date = CivilDate(daysSinceEpoch: written.day)
        let first = timeframe.unit == .week ? Int64((date.weekday + 6) % 7) : Int64(date.day - 1)
        return BarEnd(timeframe: timeframe, isStart: true).time(WrittenTime(day: written.day - first), target)
    }

    /// The last close of the venue's calendar in some days; `nil` where it has none, or does not know them.
    private static func lastClose(_ days: ClosedRange<Int64>, _ target: RowTarget) -> Int64? {
        guard let calendar = target.calendar else { return nil }
        for day in days.reversed() {
            let date = CivilDate(daysSinceEpoch: day)
            if let session = calendar.session(on: date) { return session.close }
            guard calendar.status(of: date) == .closed else { return nil }
        }
        return nil
    }

    /// Returns the end of the bar where the time is of an hour that a change of clocks repeats, and its second pass is meant.
    func secondTime(_ written: WrittenTime, _ target: RowTarget) -> Int64? {
        guard [.second, .minute, .hour].contains(timeframe.unit), written.offset == nil,
            let offset = target.zone.secondOffset(
                ofLocal: written.day * 86_400 + written.nanosecondOfDay / 1_000_000_000)
        else { return nil }
        var later = written
        later.offset = offset
        return time(later, target)
    }

    /// Returns the last day of the span that begins on a day, in days after 1970-01-01.
    ///
    /// Where the venue rests on weekends, a week dated on one of its trading days is the calendar's, from Monday on, and a
    /// last day on a weekend stands for the Friday before. Else a week is the seven days from its date. A month is the
    /// calendar's where it is dated in its first week, else it runs to the same day of the next.
    func lastDay(from day: Int64, hasWeekend: Bool) -> Int64 {
        let last =
            switch timeframe.unit {
            case .week: lastDayOfWeeks(from: day, hasWeekend: hasWeekend)
            case .month: lastDayOfMonths(from: day)
            default: day + Int64(timeframe.count) - 1
            }
        guard hasWeekend, timeframe.unit != .day else { return last }
        return switch CivilDate(daysSinceEpoch: last).weekday {
        case 6: max(day, last - 1)
        case 0: max(day, last - 2)
        default: last
        }
    }

    private func lastDayOfWeeks(from day: Int64, hasWeekend: Bool) -> Int64 {
        let weekday = CivilDate(daysSinceEpoch: day).weekday
        let first = hasWeekend && (1...5).contains(weekday) ? day - Int64(weekday - 1) : day
        return first + Int64(timeframe.count) * 7 - 1
    }

    private func lastDayOfMonths(from day: Int64) -> Int64 {
        let date = CivilDate(daysSinceEpoch: day)
        let months = date.year * 12 + date.month - 1 + timeframe.count
        let (year, month) = (months / 12, months % 12 + 1)
        let length = CivilDate.length(ofMonth: month, year: year)
        let next = CivilDate(year: year, month: month, day: date.day <= 7 ? 1 : min(date.day, length))
        return (next?.daysSinceEpoch ?? day + 1) - 1
    }

    private static func checked(_ sum: (partialValue: Int64, overflow: Bool)) -> Int64? {
        !sum.overflow && WrittenTime.instants.contains(sum.partialValue) ? sum.partialValue : nil
    }
}
