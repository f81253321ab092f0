public import PluginKit

/// An event the suites can make, spoil and compare: all six kinds.
public protocol TestedEvent: MarketEvent {
    /// Event time in nanoseconds since the Unix epoch.
    var time: Int64 { get set }
    /// The instrument.
    var instrument: InstrumentID { get set }
    /// Its numbers by their names in samples.
    static var fields: [EventField<Self>] { get }
    /// An event with this price or value in every field of one, and this size.
    static func made(price: Double, size: Double) -> Self
    /// Everything in it but time, instrument and flags.
    var words: [UInt64] { get }
    /// What an instrument has once; `nil` where the same may come again.
    var identity: [Int64]? { get }
    /// Whether a request asks for the last of each instrument, and not for a range.
    static var isSnapshot: Bool { get }
    /// Takes what is no number of `fields`, as samples write it; `false` where there is no such thing or it is not readable.
    mutating func take(_ name: String, _ text: String) -> Bool
}

/// A number of an event.
public struct EventField<Event>: Sendable {
    /// Its name in samples: `bid_size`.
    public let name: String
    /// Whether an event without it is none.
    public let isNeeded: Bool
    /// Where it is.
    public let path: any WritableKeyPath<Event, Double> & Sendable

    init(_ name: String, _ path: any WritableKeyPath<Event, Double> & Sendable, isNeeded: Bool = true) {
        self.name = name
        self.path = path
        self.isNeeded = isNeeded
    }
}

extension TestedEvent {
    /// The bits of the fields, every NaN counted as the same.
    public var words: [UInt64] { Self.fields.map { Self.word(self[keyPath: $0.path]) } }
    /// Nothing.
    public var identity: [Int64]? { nil }
    /// A range is asked for.
    public static var isSnapshot: Bool { false }
    /// Has nothing but numbers.
    public mutating func take(_ name: String, _ text: String) -> Bool { false }

    /// The bits of a number, every NaN counted as the same.
    static func word(_ number: Double) -> UInt64 { number.isNaN ? Double.nan.bitPattern : number.bitPattern }

    /// The names and values of its numbers.
    var shown: String { Self.fields.map { "\($0.name) \(self[keyPath: $0.path])" }.joined(separator: ", ") }

    /// Whether every number it needs is one.
    var isWhole: Bool { Self.fields.allSatisfy { !$0.isNeeded || self[keyPath: $0.path].isFinite } }
}

extension EventKind {
    /// The type of the events of this kind.
    public var tested: any TestedEvent.Type {
        switch self {
        case .bar: Bar.self
        case .trade: Trade.self
        case .quote: Quote.self
        case .orderBook: OrderBook.self
        case .figure: Figure.self
        case .factor: Factor.self
        }
    }
}

private let nobody = InstrumentID(rawValue: 0)

extension Bar: TestedEvent {
    /// All numbers; the amount may be absent.
    public static var fields: [EventField<Bar>] {
        [
            EventField("open", \.open), EventField("high", \.high), EventField("low", \.low),
            EventField("close", \.close), EventField("volume", \.volume),
            EventField("amount", \.amount, isNeeded: false),
        ]
    }

    /// A bar of one price.
    public static func made(price: Double, size: Double) -> Bar {
        Bar(time: 0, open: price, high: price, low: price, close: price, volume: size, instrument: nobody)
    }

    /// One bar a time.
    public var identity: [Int64]? { [time] }
}

extension Trade: TestedEvent {
    /// Price and size.
    public static var fields: [EventField<Trade>] { [EventField("price", \.price), EventField("size", \.size)] }

    /// A trade of no known side.
    public static func made(price: Double, size: Double) -> Trade {
        Trade(time: 0, price: price, size: size, instrument: nobody)
    }

    /// Price, size and side.
    public var words: [UInt64] { [Self.word(price), Self.word(size), UInt64(side.rawValue)] }

    /// Takes the `side`: `buy`, `sell` or `unknown`.
    public mutating func take(_ name: String, _ text: String) -> Bool {
        let sides: [String: Side] = ["buy": .buy, "sell": .sell, "unknown": .unknown]
        guard name == "side", let side = sides[text] else { return false }
        self.side = side
        return true
    }
}

extension Quote: TestedEvent {
    /// Both prices and sizes.
    public static var fields: [EventField<Quote>] {
        [
            EventField("bid", \.bid), EventField("ask", \.ask), EventField("bid_size", \.bidSize),
            EventField("ask_size", \.askSize),
        ]
    }

    /// A quote without spread.
    public static func made(price: Double, size: Double) -> Quote {
        Quote(time: 0, bid: price, ask: price, bidSize: size, askSize: size, instrument: nobody)
    }

    /// The last is asked for.
    public static var isSnapshot: Bool { true }
}

extension OrderBook: TestedEvent {
    /// The best level of both sides; a side may be empty.
    public static var fields: [EventField<OrderBook>] {
        [
            EventField("bid", \.bestBid.price, isNeeded: false), EventField("ask", \.bestAsk.price, isNeeded: false),
            EventField("bid_size", \.bestBid.size, isNeeded: false),
            EventField("ask_size", \.bestAsk.size, isNeeded: false),
        ]
    }

    /// A book of one level a side.
    public static func made(price: Double, size: Double) -> OrderBook {
        let level = Level(price: price, size: size)
        return OrderBook(time: 0, bids: [level], asks: [level], instrument: nobody)
    }

    /// Sequence and all levels.
    public var words: [UInt64] {
        let levels = [bids, asks].flatMap { side in
            [UInt64(side.count)] + side.flatMap { [Self.word($0.price), Self.word($0.size)] }
        }
        return [UInt64(bitPattern: sequence)] + levels
    }

    /// The last is asked for.
    public static var isSnapshot: Bool { true }

    /// The best bid; NaN where there is none.
    private var bestBid: Level {
        get { bids.first ?? Level(price: .nan, size: .nan) }
        set { bids = Side([newValue] + bids.dropFirst()) }
    }

    /// The best ask; NaN where there is none.
    private var bestAsk: Level {
        get { asks.first ?? Level(price: .nan, size: .nan) }
        set { asks = Side([newValue] + asks.dropFirst()) }
    }
}

extension Figure: TestedEvent {
    /// The value.
    public static var fields: [EventField<Figure>] { [EventField("value", \.value)] }

    /// A figure without a name.
    public static func made(price: Double, size: Double) -> Figure {
        Figure(time: 0, periodEnd: 0, value: price, name: .unnamed, instrument: nobody)
    }

    /// Name, end of the period and value.
    public var words: [UInt64] { nameWords + [UInt64(bitPattern: periodEnd), Self.word(value)] }

    /// A name once for a period and a time.
    public var identity: [Int64]? { [time, periodEnd] + nameWords.map { Int64(bitPattern: $0) } }

    /// Takes the `name`, and `period_end` in seconds.
    public mutating func take(_ name: String, _ text: String) -> Bool {
        if name == "name", let given = FigureName(text) {
            self.name = given
            return true
        }
        guard name == "period_end", let time = EventSeconds.nanoseconds(text) else { return false }
        periodEnd = time
        return true
    }

    private var nameWords: [UInt64] { (0..<3).map { name.words[$0] } }
}

extension Factor: TestedEvent {
    /// All numbers.
    public static var fields: [EventField<Factor>] {
        [
            EventField("ratio", \.ratio), EventField("cash", \.cash), EventField("rights", \.rights),
            EventField("rights_price", \.rightsPrice),
        ]
    }

    /// A factor of one number.
    public static func made(price: Double, size: Double) -> Factor {
        Factor(time: 0, announced: 0, ratio: price, cash: price, rights: size, rightsPrice: price, instrument: nobody)
    }

    /// When it was announced, and the numbers.
    public var words: [UInt64] {
        [UInt64(bitPattern: announced)] + Self.fields.map { Self.word(self[keyPath: $0.path]) }
    }

    /// One a time.
    public var identity: [Int64]? { [time] }

    /// Takes when it was `announced`, in seconds.
    public mutating func take(_ name: String, _ text: String) -> Bool {
        guard name == "announced", let time = EventSeconds.nanoseconds(text) else { return false }
        announced = time
        return true
    }
}

/// Times as samples write them.
public enum EventSeconds {
    /// Seconds since the Unix epoch with at most nine places, in nanoseconds; `nil` for another text.
    public static func nanoseconds(_ text: String) -> Int64? {
        let parts = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let places = parts.count > 1 ? String(parts[1]) : "0"
        guard let seconds = Int64(parts[0]), (1...9).contains(places.utf8.count), !places.hasPrefix("+"),
            let rest = Int64(places + String(repeating: "0", count: 9 - places.utf8.count)), rest >= 0
        else { return nil }
        let (whole, isTooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (time, overflows) = whole.addingReportingOverflow(text.hasPrefix("-") ? -rest : rest)
        return isTooLarge || overflows ? nil : time
    }
}

/// An event as numbers that can be compared bit by bit, NaN included.
struct EventBits: Hashable, Comparable {
    let instrument: UInt32
    let time: Int64
    let words: [UInt64]

    init<Event: TestedEvent>(_ event: Event) {
        (instrument, time, words) = (event.instrument.rawValue, event.time, event.words)
    }

    static func < (left: EventBits, right: EventBits) -> Bool {
        guard (left.instrument, left.time) == (right.instrument, right.time) else {
            return (left.instrument, left.time) < (right.instrument, right.time)
        }
        return left.words.lexicographicallyPrecedes(right.words)
    }
}
