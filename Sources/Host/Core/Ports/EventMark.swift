package import PluginKit

/// How far the events of an instrument are done: those before a time, and of those at it the first so many.
///
/// Trades, quotes and books share instants, so a time alone cannot say it. Which of the events of an instant one is, its
/// **place**, is counted where it comes in; so it is the same in every run, whatever is refused later.
package struct EventMark: Sendable, Hashable, Comparable {
    /// Event time, nanoseconds since the Unix epoch, UTC.
    package let time: Int64
    /// How many events of that time are done; `.max` for all of them.
    package let count: UInt32

    /// Creates a mark; without a count all events of its time are done.
    package init(time: Int64, count: UInt32 = .max) {
        self.time = time
        self.count = count
    }

    /// The mark behind the event at a place of its time.
    package init(behind place: UInt32, at time: Int64) { self.init(time: time, count: place + 1) }

    /// Whether the event at a place of a time is done.
    package func covers(_ place: UInt32, at time: Int64) -> Bool {
        time < self.time || (time == self.time && place < count)
    }

    package static func < (left: EventMark, right: EventMark) -> Bool {
        (left.time, left.count) < (right.time, right.count)
    }
}

/// Places of events of an instrument, where a stream or a delivery stands.
package typealias EventMarks = [InstrumentID: EventMark]
