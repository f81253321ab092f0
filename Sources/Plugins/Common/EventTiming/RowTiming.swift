import CivilTime
public import PluginKit
public import TimeZones
import TradingCalendars

/// Turns the time of a row into the event time of its event.
public struct RowTiming: Sendable {
    /// How a kind means its times.
    public enum Rule: Sendable {
        /// A bar: the end of its span.
        case span
        /// A trade, quote or order book: the instant written.
        case instant
        /// A figure: from when it is public; of a date the end of that day, since nobody says when in it.
        case published
        /// A factor: from when it holds; of a date the begin of the session.
        case effective
    }

    /// How the kind means its times.
    public let rule: Rule
    private let end: BarEnd

    /// Creates the timing of rows of one kind.
    ///
    /// - Parameters:
    ///   - timeframe: the span of bars; of other kinds, of what a row sums up.
    ///   - isStart: the rows' time is the start of that span.
    public init(_ rule: Rule, _ timeframe: Timeframe, isStart: Bool) {
        self.rule = rule
        end = BarEnd(timeframe: timeframe, isStart: isStart)
    }

    /// Returns the event time, or `nil` where the row's time does not say it.
    public func time(_ written: WrittenTime, _ target: RowTarget) -> Int64? {
        switch rule {
        case .span, .instant: end.time(written, target)
        case .published: Self.endOfDay(written, target)
        case .effective: Self.beginOfSession(written, target)
        }
    }

    /// Returns the event time where the time is of an hour that a change of clocks repeats, and its second pass is meant.
    public func secondTime(_ written: WrittenTime, _ target: RowTarget) -> Int64? {
        switch rule {
        case .span, .instant: end.secondTime(written, target)
        case .published, .effective: nil
        }
    }

    /// Whether a time that does not grow is of the second pass of such an hour, or only one that falls.
    public func isRepeat(_ time: Int64, after last: Int64) -> Bool {
        switch rule {
        case .span: time <= last
        default: time < last
        }
    }

    /// What a time of day is needed for; `nil` where a date is enough.
    public var needsTimeOfDay: String? {
        switch (rule, end.timeframe.unit) {
        case (.span, .second), (.span, .minute), (.span, .hour): "bars of \(end.timeframe)"
        case (.instant, _): "trades, quotes and order books"
        default: nil
        }
    }

    /// The time written, or the end of the day of a date.
    public static func endOfDay(_ written: WrittenTime, _ target: RowTarget) -> Int64? {
        guard !written.hasTimeOfDay else { return written.instant(in: target.zone) }
        return WrittenTime(day: written.day, nanosecondOfDay: 86_400_000_000_000).instant(in: target.zone)
    }

    /// The time written, or the begin of the session of a date, midnight where none is known.
    private static func beginOfSession(_ written: WrittenTime, _ target: RowTarget) -> Int64? {
        guard !written.hasTimeOfDay || written.nanosecondOfDay == 0 else { return written.instant(in: target.zone) }
        let day = WrittenTime(day: written.day(in: target.zone))
        return target.calendar?.session(on: CivilDate(daysSinceEpoch: day.day))?.open ?? day.instant(in: target.zone)
    }
}
