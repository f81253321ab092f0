package import JSONReading
package import PluginKit

/// One message of Binance's streams, read; used again for the next, so that reading allocates nothing once warm.
///
/// Combined (`{"stream":...,"data":{...}}`) and raw messages are taken, and a REST snapshot of a book, which recordings hold.
package struct BinanceFrame: Sendable {
    /// What a message is.
    package enum Kind: Sendable, Hashable {
        /// Nothing that is known here.
        case other
        /// One execution, or those of one order at one price.
        case trade
        /// The best bid and ask.
        case quote
        /// What changed of a book.
        case depth
        /// A bar so far.
        case bar
        /// A whole book, without its symbol.
        case snapshot
        /// The answer to a subscription; `message` says why it was refused.
        case answer
    }

    package private(set) var kind = Kind.other
    package private(set) var symbol = JSONName()
    /// When the server sent it, milliseconds.
    package private(set) var sent: Int64 = 0
    /// When the trade was, milliseconds.
    package private(set) var time: Int64 = 0
    /// Number of the trade.
    package private(set) var id: Int64 = 0
    /// Whether trades of one order at one price are one.
    package private(set) var isAggregated = false
    package private(set) var price = 0.0
    package private(set) var size = 0.0
    package private(set) var isBuyerMaker = false
    package private(set) var bid = 0.0
    package private(set) var bidSize = 0.0
    package private(set) var ask = 0.0
    package private(set) var askSize = 0.0
    /// Numbers of the first and the last update of a book in it.
    package private(set) var firstUpdate: Int64 = 0
    package private(set) var lastUpdate: Int64 = 0
    /// Levels that changed.
    package private(set) var bids = BookLevels()
    package private(set) var asks = BookLevels()
    package private(set) var bar = BinanceBar()
    /// Why a subscription was refused.
    package private(set) var message: String?
    private var seen: Seen = []

    private struct Seen: OptionSet {
        let rawValue: Int
        static let sent = Seen(rawValue: 1)
        static let time = Seen(rawValue: 2)
        static let id = Seen(rawValue: 4)
        static let price = Seen(rawValue: 8)
        static let size = Seen(rawValue: 16)
        static let maker = Seen(rawValue: 32)
        static let bid = Seen(rawValue: 64)
        static let bidSize = Seen(rawValue: 128)
        static let ask = Seen(rawValue: 256)
        static let askSize = Seen(rawValue: 512)
        static let first = Seen(rawValue: 1_024)
        static let last = Seen(rawValue: 2_048)
        static let bids = Seen(rawValue: 4_096)
        static let asks = Seen(rawValue: 8_192)
        static let bar = Seen(rawValue: 16_384)
    }

    private static let names = (
        data: JSONName("data"), result: JSONName("result"), error: JSONName("error"), message: JSONName("msg"),
        lastUpdate: JSONName("lastUpdateId"), bids: JSONName("bids"), asks: JSONName("asks"),
        trade: JSONName("trade"), aggregate: JSONName("aggTrade"), depth: JSONName("depthUpdate"),
        bar: JSONName("kline")
    )

    /// Creates one that has read nothing.
    package init() {}

    /// Reads a message in place of the one before; throws the subject's code where it cannot be read or lacks something.
    package mutating func read(_ bytes: [UInt8], _ subject: JSONSubject) throws(PluginError) {
        (kind, symbol, seen, message, isAggregated) = (.other, JSONName(), [], nil, false)
        bids.removeAll()
        asks.removeAll()
        var scanner = JSONScanner(bytes, subject)
        try scanner.fields { (name, scanner) throws(PluginError) in
            if name == Self.names.data, scanner.start() == .object {
                try scanner.fields { (name, scanner) throws(PluginError) in try field(name, &scanner) }
            } else {
                try field(name, &scanner)
            }
        }
        try scanner.end()
        if kind == .other, seen.contains([.bid, .ask]) { kind = .quote }
        guard seen.isSuperset(of: needs) else { throw scanner.fault("it lacks a part that a \(kind) has") }
    }

    /// What a message of the kind must have.
    private var needs: Seen {
        switch kind {
        case .other, .answer: []
        case .trade: [.time, .id, .price, .size, .maker]
        case .quote: [.last, .bid, .bidSize, .ask, .askSize]
        case .depth: [.sent, .first, .last, .bids, .asks]
        case .snapshot: [.last, .bids, .asks]
        case .bar: [.bar]
        }
    }

    private mutating func field(_ name: JSONName, _ scanner: inout JSONScanner) throws(PluginError) {
        switch name.single {
        case UInt8(ascii: "e"): try kindOfEvent(&scanner)
        case UInt8(ascii: "s"): if let text = try scanner.shortText() { symbol = text }
        case UInt8(ascii: "E"): sent = try whole(&scanner, .sent)
        case UInt8(ascii: "T"): time = try whole(&scanner, .time)
        case UInt8(ascii: "t"): id = try whole(&scanner, .id)
        case UInt8(ascii: "U"): firstUpdate = try whole(&scanner, .first)
        case UInt8(ascii: "u"): lastUpdate = try whole(&scanner, .last)
        case UInt8(ascii: "p"): price = try decimal(&scanner, .price)
        case UInt8(ascii: "q"): size = try decimal(&scanner, .size)
        case UInt8(ascii: "B"): bidSize = try decimal(&scanner, .bidSize)
        case UInt8(ascii: "A"): askSize = try decimal(&scanner, .askSize)
        case UInt8(ascii: "m"):
            isBuyerMaker = try scanner.flag()
            seen.insert(.maker)
        case UInt8(ascii: "b"): try bidOrBids(&scanner)
        case UInt8(ascii: "a"): try askOrAsks(&scanner)
        case UInt8(ascii: "k"):
            try bar.read(&scanner)
            seen.insert(.bar)
        case 0: try longField(name, &scanner)
        default: try scanner.skip()
        }
    }

    private mutating func kindOfEvent(_ scanner: inout JSONScanner) throws(PluginError) {
        switch try scanner.shortText() {
        case Self.names.trade: kind = .trade
        case Self.names.aggregate: (kind, isAggregated) = (.trade, true)
        case Self.names.depth: kind = .depth
        case Self.names.bar: kind = .bar
        default: kind = .other
        }
    }

    private mutating func bidOrBids(_ scanner: inout JSONScanner) throws(PluginError) {
        switch scanner.start() {
        case .array: try levels(&scanner, isBid: true)
        case .text: bid = try decimal(&scanner, .bid)
        default: try scanner.skip()
        }
    }

    private mutating func askOrAsks(_ scanner: inout JSONScanner) throws(PluginError) {
        switch scanner.start() {
        case .array: try levels(&scanner, isBid: false)
        case .text: ask = try decimal(&scanner, .ask)
        // The number of an aggregated trade.
        default: id = try whole(&scanner, .id)
        }
    }

    private mutating func longField(_ name: JSONName, _ scanner: inout JSONScanner) throws(PluginError) {
        switch name {
        case Self.names.lastUpdate:
            kind = .snapshot
            lastUpdate = try whole(&scanner, .last)
        case Self.names.bids where scanner.start() == .array: try levels(&scanner, isBid: true)
        case Self.names.asks where scanner.start() == .array: try levels(&scanner, isBid: false)
        case Self.names.result:
            kind = .answer
            try scanner.skip()
        case Self.names.error where scanner.start() == .object:
            kind = .answer
            try scanner.object { (key, scanner) throws(PluginError) in
                if key == "msg" { message = try scanner.string() } else { try scanner.skip() }
            }
        case Self.names.message where scanner.start() == .text:
            (kind, message) = (.answer, try scanner.string())
        default: try scanner.skip()
        }
    }

    private mutating func levels(_ scanner: inout JSONScanner, isBid: Bool) throws(PluginError) {
        seen.insert(isBid ? .bids : .asks)
        if isBid { try bids.read(&scanner) } else { try asks.read(&scanner) }
    }

    private mutating func whole(_ scanner: inout JSONScanner, _ part: Seen) throws(PluginError) -> Int64 {
        seen.insert(part)
        return try scanner.whole()
    }

    private mutating func decimal(_ scanner: inout JSONScanner, _ part: Seen) throws(PluginError) -> Double {
        seen.insert(part)
        return try scanner.decimal()
    }
}

/// A bar so far, as `kline` tells it.
package struct BinanceBar: Sendable {
    /// Start and last millisecond.
    private(set) var start: Int64 = 0
    private(set) var last: Int64 = 0
    private(set) var values = (open: 0.0, high: 0.0, low: 0.0, close: 0.0, volume: 0.0, amount: 0.0)
    /// Whether it has ended.
    private(set) var isClosed = false

    mutating func read(_ scanner: inout JSONScanner) throws(PluginError) {
        var count = 0
        try scanner.fields { (name, scanner) throws(PluginError) in
            count += 1
            switch name.single {
            case UInt8(ascii: "t"): start = try scanner.whole()
            case UInt8(ascii: "T"): last = try scanner.whole()
            case UInt8(ascii: "o"): values.open = try scanner.decimal()
            case UInt8(ascii: "h"): values.high = try scanner.decimal()
            case UInt8(ascii: "l"): values.low = try scanner.decimal()
            case UInt8(ascii: "c"): values.close = try scanner.decimal()
            case UInt8(ascii: "v"): values.volume = try scanner.decimal()
            case UInt8(ascii: "q"): values.amount = try scanner.decimal()
            case UInt8(ascii: "x"): isClosed = try scanner.flag()
            default:
                count -= 1
                try scanner.skip()
            }
        }
        guard count == 9 else { throw scanner.fault("a bar with t, T, o, h, l, c, v, q and x was expected") }
    }
}
