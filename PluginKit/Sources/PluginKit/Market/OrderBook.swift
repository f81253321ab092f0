/// The price levels of both sides of one instrument at one instant.
public struct OrderBook: MarketEvent, Hashable {
    /// One price level.
    @frozen public struct Level: Sendable, Hashable {
        /// Price in the quote currency.
        public var price: Double
        /// Quantity resting there.
        public var size: Double

        /// Creates a level.
        @inlinable public init(price: Double, size: Double) {
            self.price = price
            self.size = size
        }
    }

    /// Event time in nanoseconds since the Unix epoch, UTC.
    public var time: Int64
    /// Buyers, best (highest) first.
    public var bids: [Level]
    /// Sellers, best (lowest) first.
    public var asks: [Level]
    /// The instrument, by the host's number.
    public var instrument: InstrumentID
    /// What provider and host say about this book.
    public var flags: EventFlags

    /// Creates an order book; levels best first.
    public init(
        time: Int64, bids: [Level], asks: [Level], instrument: InstrumentID, flags: EventFlags = []
    ) {
        self.time = time
        self.bids = bids
        self.asks = asks
        self.instrument = instrument
        self.flags = flags
    }

    /// `EventKind.orderBook`.
    public static var kind: EventKind { .orderBook }
}
