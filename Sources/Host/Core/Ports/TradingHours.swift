package import PluginKit

/// When the venue of an instrument trades. Implemented over the trading calendars by the composition root.
///
/// Instants are nanoseconds since the Unix epoch, UTC. `nil` says that it is not known: the venue has not published it yet,
/// or the calendar does not reach back so far. Whoever asks then does without; nothing is guessed. No call allocates or
/// waits.
package protocol TradingHours: Sendable {
    /// Whether regular trading is on, breaks left out.
    func isOpen(at instant: Int64) -> Bool?
    /// The session that an instant lies in, open to close; `nil` also between sessions, see `isOpen`.
    func hours(containing instant: Int64) -> Range<Int64>?
    /// The break in the middle of a session that an instant lies in.
    func pause(containing instant: Int64) -> Range<Int64>?
    /// The first session that opens after an instant.
    func hours(after instant: Int64) -> Range<Int64>?
    /// The last session that closed at an instant or before it.
    func hours(before instant: Int64) -> Range<Int64>?
    /// The end of the first bar that ends at an instant or after it: of the session, or of the last one of a week or month.
    func barEnd(atOrAfter instant: Int64, timeframe: Timeframe) -> Int64?
}

/// Gives the trading hours of an instrument's venue; `nil` where it has no calendar.
package typealias TradingHoursFinder = @Sendable (Instrument) -> (any TradingHours)?
