/// Open, high, low, close and volume of one instrument over one span; 64 bytes, no reference inside.
///
/// `time` is the instant the span ends, because a bar is known only then: a daily bar of 2013-03-01 in New York has the
/// event time 2013-03-01T21:00:00Z.
@frozen public struct Bar: MarketEvent, Hashable {
    /// End of the span in nanoseconds since the Unix epoch, UTC.
    public var time: Int64
    /// First price, in the instrument's quote currency.
    public var open: Double
    /// Highest price.
    public var high: Double
    /// Lowest price.
    public var low: Double
    /// Last price.
    public var close: Double
    /// Traded quantity in shares, contracts or coins (never lots).
    public var volume: Double
    /// Traded value in the quote currency; NaN where the provider does not give it.
    public var amount: Double
    /// The instrument, by the host's number.
    public var instrument: InstrumentID
    /// What provider and host say about this bar.
    public var flags: EventFlags

    /// Creates a bar; prices in the quote currency, volume in shares.
    @inlinable public init(
        time: Int64, open: Double, high: Double, low: Double, close: Double, volume: Double,
        amount: Double = .nan, instrument: InstrumentID, flags: EventFlags = []
    ) {
        self.time = time
        self.open = open
        self.high = high
        self.low = low
        self.close = close
        self.volume = volume
        self.amount = amount
        self.instrument = instrument
        self.flags = flags
    }

    /// `EventKind.bar`.
    @inlinable public static var kind: EventKind { .bar }
    /// A batch of bars.
    public static func batch(_ events: [Bar]) -> EventBatch { .bars(events) }
    /// The bars of a batch, or `nil` for another kind.
    public static func events(of batch: EventBatch) -> [Bar]? {
        if case .bars(let events) = batch { events } else { nil }
    }
}
