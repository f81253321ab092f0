import PluginKit
import RollingStatistics
import RowColumns

/// A trade with the quote that was in force at its time; the prices are NaN where there was none.
struct QuotedTrade: Sendable {
    let trade: Trade
    let bid: Double
    let ask: Double

    /// The price in the middle of the quote.
    @inline(__always) var mid: Double { (bid + ask) / 2 }

    /// Whether all its numbers are ones a kernel can take.
    @inline(__always) var isUsable: Bool { trade.isUsable && bid.isUsable && ask.isUsable }
}

/// A core over trades with the quote beside them.
protocol QuotedTradeCore: EventCore where Input == QuotedTrade {}

/// An indicator over trades with the quote beside them: columns `bid` and `ask` of the input that its option `quotes` names.
protocol QuotedTradeIndicator: TradeColumn {
    associatedtype Core: QuotedTradeCore
    /// All that it holds.
    var state: IndicatorState<Core> { get set }
    /// The input's name.
    var quotes: String { get }
    /// What every struct of these two has without writing it.
    init(state: IndicatorState<Core>, quotes: String)
}

extension QuotedTradeIndicator {
    /// Builds an indicator that has seen no trade.
    public init(_ configuration: Configuration) throws(PluginError) {
        self.init(state: try IndicatorState(configuration), quotes: try configuration.text("quotes"))
    }

    /// The quote's columns.
    public var sources: [String] { ["\(quotes).bid", "\(quotes).ask"] }

    /// How many trades beside a quote it needs before the first value.
    public var warmUpLength: Int { state.core.warmUpLength }

    /// Takes one trade beside its quote and writes every output; returns whether the trade was accepted.
    public mutating func update(_ trade: Trade, beside source: (Int) -> Double, into row: OutputRow) -> Bool {
        state.step(QuotedTrade(trade: trade, bid: source(0), ask: source(1)), into: row)
    }

    /// Writes no value, and changes nothing: there is no quote.
    public mutating func update(_ trade: Trade, into row: OutputRow) -> Bool {
        row.clear()
        return false
    }

    /// Writes the whole state.
    public func save(to writer: inout StateWriter) { state.save(to: &writer) }

    /// Replaces the state by one that `save` wrote with the same options; throws `.corrupted` and keeps the old one else.
    public mutating func restore(from reader: inout StateReader) throws(PluginError) {
        try state.restore(from: &reader)
    }
}

/// Who started a trade, by the quote: 1 the buyer, -1 the seller, 0 while nothing tells.
struct QuotedSign: Sendable {
    /// How it is known.
    enum Rule: String, Sendable, CaseIterable {
        /// Lee and Ready: above the middle of the quote it was bought, below it was sold, at it by the tick rule.
        case quote
        /// As the venue says; by Lee and Ready's rule where it does not.
        case side
    }

    private let rule: Rule
    private var tick = TradeSign(.tick)

    /// Reads the option `rule`.
    init(_ options: Configuration) throws(PluginError) { rule = try options.word("rule") }

    /// Takes a usable trade.
    @inline(__always)
    mutating func push(_ quoted: QuotedTrade) -> Double {
        let (direction, distance) = (tick.push(quoted.trade), quoted.trade.price - quoted.mid)
        switch rule == .side ? quoted.trade.side : .unknown {
        case .buy: return 1
        case .sell: return -1
        case .unknown: return distance > 0 ? 1 : distance < 0 ? -1 : direction
        }
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) { try tick.code(&state) }
}

extension ConfigurationOption {
    /// The option `quotes`.
    static let quotes = ConfigurationOption.text(
        "quotes", default: "quotes", "Name of the input whose quotes stand beside the trades; it carries bid and ask.")

    /// The option `rule`.
    static let quotedSignRule = ConfigurationOption.word(
        "rule", default: QuotedSign.Rule.quote,
        "How it is known who started a trade: by the quote (Lee and Ready), or as the venue says.")
}
