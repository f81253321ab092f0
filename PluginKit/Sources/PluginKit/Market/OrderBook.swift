/// The best price levels of both sides of one instrument at one instant; flat, no reference inside.
///
/// A source with more than `OrderBook.depth` levels a side gives the best ones.
@frozen public struct OrderBook: MarketEvent, Hashable {
    /// Levels a side holds at most.
    @inlinable public static var depth: Int { 20 }

    /// One price level.
    @frozen public struct Level: Sendable, Hashable {
        /// Price in the quote currency.
        public var price: Double
        /// Quantity resting there, in shares, contracts or coins.
        public var size: Double

        /// Creates a level.
        @inlinable public init(price: Double, size: Double) {
            self.price = price
            self.size = size
        }
    }

    /// The levels of one side, best first.
    @frozen public struct Side: Sendable {
        /// How many levels there are, 0 to `OrderBook.depth`.
        public private(set) var count: Int
        @usableFromInline var levels: InlineArray<20, Level>

        /// Creates a side of the levels given, best first; those beyond `OrderBook.depth` are left out.
        public init(_ given: some Sequence<Level> = []) {
            count = 0
            levels = InlineArray(repeating: Level(price: .nan, size: .nan))
            for level in given { append(level) }
        }

        /// Adds a level behind the others; ignored where the side is full.
        public mutating func append(_ level: Level) {
            guard count < OrderBook.depth else { return }
            levels[count] = level
            count += 1
        }

        /// The level at a position from the best, 0 to `count - 1`.
        @inlinable public subscript(position: Int) -> Level {
            precondition(position >= 0 && position < count, "position is a level's")
            return levels[position]
        }
    }

    /// Event time in nanoseconds since the Unix epoch, UTC.
    public var time: Int64
    /// The venue's number of the update that led to this book, growing; 0 where it gives none.
    public var sequence: Int64
    /// Buyers, highest first.
    public var bids: Side
    /// Sellers, lowest first.
    public var asks: Side
    /// The instrument, by the host's number.
    public var instrument: InstrumentID
    /// What provider and host say about this book.
    public var flags: EventFlags

    /// Creates an order book; levels best first.
    public init(
        time: Int64, sequence: Int64 = 0, bids: some Sequence<Level>, asks: some Sequence<Level>,
        instrument: InstrumentID, flags: EventFlags = []
    ) {
        self.time = time
        self.sequence = sequence
        self.bids = Side(bids)
        self.asks = Side(asks)
        self.instrument = instrument
        self.flags = flags
    }

    /// `EventKind.orderBook`.
    @inlinable public static var kind: EventKind { .orderBook }
    /// A batch of order books.
    public static func batch(_ events: [OrderBook]) -> EventBatch { .orderBooks(events) }
    /// The order books of a batch, or `nil` for another kind.
    public static func events(of batch: EventBatch) -> [OrderBook]? {
        if case .orderBooks(let events) = batch { events } else { nil }
    }
}

extension OrderBook.Side: Hashable {
    /// Whether both have the same levels.
    public static func == (left: OrderBook.Side, right: OrderBook.Side) -> Bool {
        left.count == right.count && (0..<left.count).allSatisfy { left.levels[$0] == right.levels[$0] }
    }

    /// Feeds the levels to a hasher.
    public func hash(into hasher: inout Hasher) {
        for position in 0..<count { hasher.combine(levels[position]) }
    }
}

extension OrderBook.Side: RandomAccessCollection {
    /// 0.
    @inlinable public var startIndex: Int { 0 }
    /// `count`.
    @inlinable public var endIndex: Int { count }
}
