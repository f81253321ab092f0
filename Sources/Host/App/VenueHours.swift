package import HostCore
package import PluginKit
package import TradingCalendars

/// The trading calendars as Core asks for them.
package struct VenueHours: Sendable {
    /// Of this process; the calendars are read at the first use.
    package static let shared = VenueHours()

    /// The calendars; none where the table is damaged.
    package let book: CalendarBook?

    private init() { book = try? CalendarBook() }

    /// Says why venues of some instruments have no calendar though there is one; a line for each calendar.
    package func faults(of instruments: some Sequence<Instrument>) -> [String] {
        let names = Set(instruments.map(\.venue)).sorted()
        let faults = names.compactMap { name -> String? in
            do throws(CalendarError) {
                _ = try book?.calendar(named: name)
                return nil
            } catch {
                return error.code == .unknownCalendar ? nil : error.description
            }
        }
        return Set(faults).sorted()
    }

    /// Gives the calendar of an instrument's venue.
    package var finder: TradingHoursFinder { { [book] in book?.calendar(of: $0) } }
}

extension TradingCalendar: TradingHours {
    package func hours(containing instant: Int64) -> Range<Int64>? { session(containing: instant)?.hours }
    package func pause(containing instant: Int64) -> Range<Int64>? {
        guard let pause = session(containing: instant)?.pause, pause.contains(instant) else { return nil }
        return pause
    }
    package func hours(after instant: Int64) -> Range<Int64>? { session(after: instant)?.hours }
    package func hours(before instant: Int64) -> Range<Int64>? { session(before: instant)?.hours }
}

extension TradingSession {
    fileprivate var hours: Range<Int64> { open..<close }
}
