/// A split, dividend or rights issue of one instrument: how a price before it compares with one from it on; 56 bytes.
///
/// A holder of one share before has `ratio` shares and `cash` after, and the right to buy `rights` shares at `rightsPrice`.
/// The price that leaves him as rich as `price` before is `(price - cash + rights * rightsPrice) / (ratio + rights)`.
@frozen public struct Factor: MarketEvent, Hashable {
    /// From when it holds (start of the ex-date's session), in nanoseconds since the Unix epoch, UTC.
    public var time: Int64
    /// When it became public, in nanoseconds since the Unix epoch, UTC; `time` where the source does not say.
    public var announced: Int64
    /// Shares after for one share before: 2 for a two-for-one split, 1 where only cash is paid.
    public var ratio: Double
    /// Cash for one share before, in the quote currency.
    public var cash: Double
    /// Shares that may be bought for one share before.
    public var rights: Double
    /// What one of those costs, in the quote currency.
    public var rightsPrice: Double
    /// The instrument, by the host's number.
    public var instrument: InstrumentID
    /// What provider and host say about this factor.
    public var flags: EventFlags

    /// Creates a factor.
    @inlinable public init(
        time: Int64, announced: Int64? = nil, ratio: Double = 1, cash: Double = 0, rights: Double = 0,
        rightsPrice: Double = 0, instrument: InstrumentID, flags: EventFlags = []
    ) {
        self.time = time
        self.announced = announced ?? time
        self.ratio = ratio
        self.cash = cash
        self.rights = rights
        self.rightsPrice = rightsPrice
        self.instrument = instrument
        self.flags = flags
    }

    /// Returns the price from the factor on that is worth a price before it, in the quote currency.
    @inlinable public func adjusted(_ price: Double) -> Double {
        (price - cash + rights * rightsPrice) / (ratio + rights)
    }

    /// `EventKind.factor`.
    @inlinable public static var kind: EventKind { .factor }
    /// A batch of factors.
    public static func batch(_ events: [Factor]) -> EventBatch { .factors(events) }
    /// The factors of a batch, or `nil` for another kind.
    public static func events(of batch: EventBatch) -> [Factor]? {
        if case .factors(let events) = batch { events } else { nil }
    }
}
