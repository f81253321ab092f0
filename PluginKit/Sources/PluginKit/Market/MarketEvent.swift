/// Something that happened to one instrument at one instant: the unit that flows through a pipeline.
///
/// Conforming types are flat values. Times are nanoseconds since 1970-01-01T00:00:00Z.
public protocol MarketEvent: Sendable {
    /// Which kind of event this type is.
    static var kind: EventKind { get }
    /// Event time in nanoseconds since the Unix epoch, UTC: when it happened, not when it arrived.
    var time: Int64 { get }
    /// The instrument, by the host's number.
    var instrument: InstrumentID { get }
    /// What provider and host say about the event.
    var flags: EventFlags { get set }
    /// Makes a batch of events of this kind.
    static func batch(_ events: [Self]) -> EventBatch
    /// Returns the events of a batch of this kind, or `nil` for a batch of another one.
    static func events(of batch: EventBatch) -> [Self]?
}

/// The kinds of market event.
public enum EventKind: String, Sendable, Hashable, CaseIterable, Comparable {
    /// OHLCV over a span.
    case bar
    /// One execution.
    case trade
    /// Best bid and ask.
    case quote
    /// Price levels of both sides.
    case orderBook = "order_book"
    /// A figure about a company or an instrument, known from a date on.
    case figure
    /// A split, dividend or rights issue.
    case factor

    /// The type of the events of this kind.
    public var type: any MarketEvent.Type {
        switch self {
        case .bar: Bar.self
        case .trade: Trade.self
        case .quote: Quote.self
        case .orderBook: OrderBook.self
        case .figure: Figure.self
        case .factor: Factor.self
        }
    }

    /// Orders by the kinds' names.
    public static func < (left: EventKind, right: EventKind) -> Bool { left.rawValue < right.rawValue }
}

/// What the host and the provider say about an event or a prediction; bits, several can be set.
@frozen public struct EventFlags: OptionSet, Sendable, Hashable {
    /// The bits.
    public let rawValue: UInt32

    /// Creates flags from bits.
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The bar is still forming; its values can change.
    @inlinable public static var partial: EventFlags { EventFlags(rawValue: 1 << 0) }
    /// Older than the route or the risk rule accepts.
    @inlinable public static var stale: EventFlags { EventFlags(rawValue: 1 << 1) }
    /// The record before this one, of the same instrument, was rejected: there is a hole in what the features saw.
    @inlinable public static var afterRejected: EventFlags { EventFlags(rawValue: 1 << 2) }
    /// Came from a provider that is not the first of its route.
    @inlinable public static var fallback: EventFlags { EventFlags(rawValue: 1 << 3) }
    /// Prices are adjusted for splits or dividends.
    @inlinable public static var adjusted: EventFlags { EventFlags(rawValue: 1 << 4) }
    /// Not delivered to sinks: it only warms up state (the sinks have it from an earlier run).
    @inlinable public static var warmUpOnly: EventFlags { EventFlags(rawValue: 1 << 5) }
    /// First bar of a level many times the one before: what is computed over several bars begins anew.
    @inlinable public static var newLevel: EventFlags { EventFlags(rawValue: 1 << 6) }
    /// Replaces what was delivered of the same instrument and event time.
    @inlinable public static var revised: EventFlags { EventFlags(rawValue: 1 << 7) }
    /// Unusual and perhaps true: a quote whose bid is above its ask, a side without a size, or what the source marks so.
    @inlinable public static var suspect: EventFlags { EventFlags(rawValue: 1 << 8) }
    /// Came when the instruments of its time had been compared: it is in no value that compares them, and has none itself.
    @inlinable public static var late: EventFlags { EventFlags(rawValue: 1 << 9) }
    /// Made by the host in the place of a bar that is missing: the last close, no volume.
    @inlinable public static var filled: EventFlags { EventFlags(rawValue: 1 << 10) }
}
