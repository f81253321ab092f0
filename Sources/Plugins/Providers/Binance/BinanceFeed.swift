import FetchAssembly
import JSONReading
import PluginKit
import SocketStream

/// What a feed begins with.
struct BinanceFeedPlan: Sendable {
    let symbols: BinanceSymbols
    /// What a position says of each instrument, by Binance's symbols.
    let known: [String: Int64]
    /// The span of bars.
    let timeframe: Timeframe
    /// Levels of a book that are given, a side.
    let depth: Int
}

/// What one kind of Binance's streams makes of its messages.
///
/// `take` is a state machine without I/O: it says what is missing, and the stream that drives it has that filled or skipped.
protocol BinanceFeed: Sendable {
    associatedtype Event: MarketEvent

    /// What its messages are.
    static var kind: BinanceFrame.Kind { get }
    init(_ plan: BinanceFeedPlan)
    /// What is wanted of an instrument before its first message.
    func missingAtStart(_ slot: Int) -> MissingPart?
    /// Takes a message of an instrument; returns what must come before it, where something is missing: then nothing is taken.
    mutating func take(
        _ frame: BinanceFrame, _ slot: Int, _ message: SocketMessage, into found: inout FetchedEvents<Event>
    ) -> MissingPart?
    /// Takes a snapshot that a recording holds.
    mutating func begin(_ snapshot: BinanceFrame, _ slot: Int, into found: inout FetchedEvents<Event>)
    /// Asks for what is missing; the message can be taken then.
    mutating func fill(
        _ missing: MissingPart, _ slot: Int, from binance: Binance, into found: inout FetchedEvents<Event>
    ) async throws(PluginError)
    /// Goes on without what is missing; returns whether the message can be taken now.
    mutating func skip(_ missing: MissingPart, _ slot: Int, into found: inout FetchedEvents<Event>) -> Bool
    /// Notes that the connection broke off.
    mutating func lost(into found: inout FetchedEvents<Event>)
    /// Where an instrument stands, for a position.
    func known(_ slot: Int) -> Int64?
}

extension BinanceFeed {
    func missingAtStart(_ slot: Int) -> MissingPart? { nil }
    mutating func begin(_ snapshot: BinanceFrame, _ slot: Int, into found: inout FetchedEvents<Event>) {}
    mutating func fill(
        _ missing: MissingPart, _ slot: Int, from binance: Binance, into found: inout FetchedEvents<Event>
    ) async throws(PluginError) {}
    mutating func skip(_ missing: MissingPart, _ slot: Int, into found: inout FetchedEvents<Event>) -> Bool { false }
    mutating func lost(into found: inout FetchedEvents<Event>) {}
    func known(_ slot: Int) -> Int64? { nil }

    /// The defect of a hole that cannot be filled.
    static func gap(_ id: InstrumentID?, _ what: String) -> Defect {
        Defect(instrument: id, place: "stream", reason: "gap", message: what, raw: "")
    }

    /// The defect of a message whose time no event can have.
    static func untimed(_ id: InstrumentID, _ milliseconds: Int64) -> Defect {
        Defect(
            instrument: id, place: "stream", reason: "impossible_time",
            message: "the message is of \(milliseconds) ms since 1970, which no event can be.", raw: "")
    }
}

/// What is missing before a message.
enum MissingPart: Hashable {
    /// Trades of these numbers.
    case trades(ClosedRange<Int64>)
    /// Bars that begin in these milliseconds; all there are from the first on where the end is open.
    case bars(Range<Int64>)
    /// A snapshot of the book.
    case snapshot
}

/// The instruments of a stream: each has a slot.
struct BinanceSymbols: Sendable {
    let references: [InstrumentReference]
    /// Binance's symbols.
    let texts: [String]
    private let slots: [JSONName: Int]

    init(_ references: [InstrumentReference], _ instance: String) throws(PluginError) {
        var (texts, slots): ([String], [JSONName: Int]) = ([], [:])
        for (slot, reference) in references.enumerated() {
            let text = try BinanceMessages.symbol(reference.instrument, instance)
            guard let name = JSONName(text), slots.updateValue(slot, forKey: name) == nil else {
                throw PluginError(
                    .badRequest,
                    "\(instance): the stream is asked for \(text) twice, or no symbol is that long. Name each instrument once."
                )
            }
            texts.append(text)
        }
        self.references = references
        self.texts = texts
        self.slots = slots
    }

    var count: Int { references.count }

    func slot(_ symbol: JSONName) -> Int? { slots[symbol] }
}
