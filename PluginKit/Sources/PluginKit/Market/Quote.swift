/// Best bid and ask of one instrument at one instant; 48 bytes, no reference inside.
@frozen public struct Quote: MarketEvent, Hashable {
    /// Event time in nanoseconds since the Unix epoch, UTC.
    public var time: Int64
    /// Highest price somebody buys at; NaN where that side is empty.
    public var bid: Double
    /// Lowest price somebody sells at; NaN where that side is empty.
    public var ask: Double
    /// Quantity at the bid.
    public var bidSize: Double
    /// Quantity at the ask.
    public var askSize: Double
    /// The instrument, by the host's number.
    public var instrument: InstrumentID
    /// What provider and host say about this quote.
    public var flags: EventFlags

    /// Creates a quote.
    @inlinable public init(
        time: Int64, bid: Double, ask: Double, bidSize: Double, askSize: Double, instrument: InstrumentID,
        flags: EventFlags = []
    ) {
        self.time = time
        self.bid = bid
        self.ask = ask
        self.bidSize = bidSize
        self.askSize = askSize
        self.instrument = instrument
        self.flags = flags
    }

    /// Ask minus bid, in the quote currency; NaN where a side is empty.
    @inlinable public var spread: Double { ask - bid }

    /// `EventKind.quote`.
    @inlinable public static var kind: EventKind { .quote }
    /// A batch of quotes.
    public static func batch(_ events: [Quote]) -> EventBatch { .quotes(events) }
    /// The quotes of a batch, or `nil` for another kind.
    public static func events(of batch: EventBatch) -> [Quote]? {
        if case .quotes(let events) = batch { events } else { nil }
    }
}
