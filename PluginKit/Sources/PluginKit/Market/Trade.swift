/// One execution.
@frozen public struct Trade: MarketEvent, Hashable {
    /// Who started the trade.
    public enum Side: UInt8, Sendable {
        /// The venue does not say, or it was an auction.
        case unknown
        /// The buyer took.
        case buy
        /// The seller took.
        case sell
    }

    /// Event time in nanoseconds since the Unix epoch, UTC.
    public var time: Int64
    /// Price in the quote currency.
    public var price: Double
    /// Quantity in shares, contracts or coins.
    public var size: Double
    /// The instrument, by the host's number.
    public var instrument: InstrumentID
    /// What provider and host say about this trade.
    public var flags: EventFlags
    /// Who started the trade.
    public var side: Side

    /// Creates a trade.
    @inlinable public init(
        time: Int64, price: Double, size: Double, side: Side = .unknown, instrument: InstrumentID,
        flags: EventFlags = []
    ) {
        self.time = time
        self.price = price
        self.size = size
        self.side = side
        self.instrument = instrument
        self.flags = flags
    }

    /// `EventKind.trade`.
    @inlinable public static var kind: EventKind { .trade }
    /// A batch of trades.
    public static func batch(_ events: [Trade]) -> EventBatch { .trades(events) }
    /// The trades of a batch, or `nil` for another kind.
    public static func events(of batch: EventBatch) -> [Trade]? {
        if case .trades(let events) = batch { events } else { nil }
    }
}
