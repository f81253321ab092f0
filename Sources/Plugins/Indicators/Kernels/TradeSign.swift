import PluginKit
import RollingStatistics

/// Who started a trade: 1 the buyer, -1 the seller, 0 while nothing tells.
struct TradeSign: Sendable {
    /// How it is known.
    enum Rule: String, Sendable, CaseIterable {
        /// As the venue says; by the tick rule where it does not.
        case side
        /// A trade above the price before was bought, one below was sold, one at it as the trade before.
        case tick
    }

    private let rule: Rule
    private var price = Double.nan
    private var direction = 0

    /// Knows by a rule.
    init(_ rule: Rule) { self.rule = rule }

    /// Reads the option `rule`.
    init(_ options: Configuration) throws(PluginError) { rule = try options.word("rule") }

    /// Takes a usable trade.
    @inline(__always)
    mutating func push(_ trade: Trade) -> Double {
        if trade.price > price { direction = 1 } else if trade.price < price { direction = -1 }
        price = trade.price
        switch rule == .side ? trade.side : .unknown {
        case .buy: return 1
        case .sell: return -1
        case .unknown: return Double(direction)
        }
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try state.numberOrNone(&price)
        try state.count(&direction, in: -1...1)
    }
}

extension ConfigurationOption {
    /// The option `rule`.
    static let signRule = ConfigurationOption.word(
        "rule", default: TradeSign.Rule.side,
        "How it is known who started a trade: as the venue says, or by the price before.")
}

extension Trade {
    /// Whether price and size are numbers a kernel can take; a traded quantity is never negative.
    @inline(__always) var isUsable: Bool { price.isUsable && hasUsableSize }

    /// Whether the size is a number a kernel can take.
    @inline(__always) var hasUsableSize: Bool { size >= 0 && size.isUsable }
}

extension Quote {
    /// Whether both prices are numbers a kernel can take: no side is empty.
    @inline(__always) var hasUsablePrices: Bool { bid.isUsable && ask.isUsable }

    /// Whether both sizes are numbers a kernel can take.
    @inline(__always) var hasUsableSizes: Bool {
        bidSize >= 0 && bidSize.isUsable && askSize >= 0 && askSize.isUsable
    }
}
