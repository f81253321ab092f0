public import CivilTime
import TimeZones

/// When a venue trades: its sessions with their breaks, its half days, the days it is closed.
///
/// Regular sessions as the venue planned them. Not in it: trading before and after them, auctions, halts, and days that
/// ended early by surprise. What is not published yet is *not known*, never guessed; docs/calendars.md says from when to
/// when each calendar reaches and where its source is coarse.
///
/// Instants are nanoseconds since the Unix epoch, UTC; days are days at the venue. A look-up costs a binary search or two
/// and allocates nothing.
///
/// ```swift
/// let newYork = try CalendarBook().calendar(named: "XNYS")
/// newYork.status(of: CivilDate(year: 2001, month: 9, day: 11)!)   // closed
/// newYork.isOpen(at: 1_362_171_599_000_000_000)                    // true: a second before 16:00 on 2013-03-01
/// ```
public struct TradingCalendar: Sendable {
    private let table: CalendarTable
    private let zone: Zone

    init(_ table: CalendarTable, zone: Zone) {
        self.table = table
        self.zone = zone
    }

    /// The calendar's name: the venue's MIC (`XSHG`), or `24/7`.
    public var name: String { table.name }

    /// The name of the venue's time zone.
    public var zoneName: String { table.zone }

    /// The days the calendar knows, as days after 1970-01-01.
    public var knownDays: ClosedRange<Int64> { table.known }

    /// Returns what kind of day a day is.
    public func status(of day: CivilDate) -> DayStatus { table.status(of: day.daysSinceEpoch) }

    /// Returns the session of a day; `nil` where the venue is closed or the day is not known.
    public func session(on day: CivilDate) -> TradingSession? { session(onDay: day.daysSinceEpoch) }

    /// Returns the day at the venue that an instant falls on.
    public func day(at instant: Int64) -> CivilDate { CivilDate(daysSinceEpoch: localDay(at: instant)) }

    /// Whether trading is on at an instant; `nil` where that is not known.
    public func isOpen(at instant: Int64) -> Bool? {
        let day = localDay(at: instant)
        return table.known.contains(day) ? session(onDay: day)?.isOpen(at: instant) ?? false : nil
    }

    /// Returns the session that an instant lies in, from its open on and before its close; its break belongs to it.
    public func session(containing instant: Int64) -> TradingSession? {
        guard let session = session(onDay: localDay(at: instant)), session.open <= instant, instant < session.close
        else { return nil }
        return session
    }

    /// Returns the first session that opens after an instant; `nil` where none is known.
    public func session(after instant: Int64) -> TradingSession? {
        first(from: localDay(at: instant)) { $0.open > instant }
    }

    /// Returns the last session that closed at an instant or before it; `nil` where none is known.
    public func session(before instant: Int64) -> TradingSession? {
        var day = localDay(at: instant)
        while table.known.contains(day) {
            if let session = session(onDay: day), session.close <= instant { return session }
            day -= 1
        }
        return nil
    }

    /// Returns the first session that closes at an instant or after it; `nil` where none is known.
    func session(closingAtOrAfter instant: Int64) -> TradingSession? {
        let day = localDay(at: instant)
        guard day >= table.known.lowerBound else { return nil }
        // A session that ends at midnight closes on the next day.
        return first(from: max(day - 1, table.known.lowerBound)) { $0.close >= instant }
    }

    /// Returns the close of the last session among some days; `nil` where not all of them from the first session on are
    /// known.
    func lastClose(among days: ClosedRange<Int64>) -> Int64? {
        var day = days.upperBound
        while days.contains(day), table.known.contains(day) {
            if let session = session(onDay: day) { return session.close }
            day -= 1
        }
        return nil
    }

    private func first(from start: Int64, where isMeant: (TradingSession) -> Bool) -> TradingSession? {
        var day = start
        while table.known.contains(day) {
            if let session = session(onDay: day), isMeant(session) { return session }
            day += 1
        }
        return nil
    }

    /// Returns the first instant of a day; known days only, so nothing overflows.
    func start(ofDay day: Int64) -> Int64 { zone.instant(ofLocal: day * 86_400) * 1_000_000_000 }

    private func session(onDay day: Int64) -> TradingSession? {
        guard let (hours, isHalfDay) = table.hours(on: day) else { return nil }
        // Known days end in 2261, so no product overflows.
        func instant(_ second: Int64) -> Int64 { zone.instant(ofLocal: day * 86_400 + second) * 1_000_000_000 }
        return TradingSession(
            day: CivilDate(daysSinceEpoch: day), open: instant(hours.open), close: instant(hours.close),
            pause: hours.pause.isEmpty ? nil : instant(hours.pause.lowerBound)..<instant(hours.pause.upperBound),
            isHalfDay: isHalfDay)
    }

    private func localDay(at instant: Int64) -> Int64 {
        let second = instant.flooredDivision(by: 1_000_000_000).quotient
        return (second + zone.offset(at: second)).flooredDivision(by: 86_400).quotient
    }
}
