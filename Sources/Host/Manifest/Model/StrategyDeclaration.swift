package import PluginKit

/// A strategy: one entry of the key `strategies`.
package struct StrategyDeclaration: Sendable, Hashable {
    /// How signals become wanted positions.
    package enum Rule: String, Sendable, Hashable, CaseIterable {
        case topK = "top_k"
        case threshold
        case proportional
        case policy

        /// What it does, in one sentence.
        package var summary: String {
            switch self {
            case .topK: "the k instruments with the highest signals, in equal parts"
            case .threshold: "bought where the signal is above enter, sold where it is below exit"
            case .proportional: "in proportion to the signal where it is above 0"
            case .policy: "the signal is the wanted part of the account, 0 ... 1"
            }
        }
    }

    /// The price of a fill.
    package enum Price: String, Sendable, Hashable, CaseIterable {
        case nextOpen = "next_open"
        case nextVWAP = "next_vwap"
        case limit
    }

    /// How orders are filled.
    package struct Execution: Sendable, Hashable {
        package var price = Price.nextOpen
        package var offset = 0.0
        package var participation = 0.1
        package var spread = 0.0002
        package var slippage = 0.5
        package var patience = 1
    }

    /// What the venue allows and charges.
    package struct Venue: Sendable, Hashable {
        package var hasRules = true
        package var isAdjusted = true
        /// `nil` for what is usual.
        package var commission: Double?
        package var minimumCommission = 0.0
        package var hasFractions = false
        package var lots: [Instrument: Int] = [:]
        /// Days as `2019-07-22`.
        package var listed: [Instrument: String] = [:]
        /// Stretches as `2019-04-30..2020-06-01`.
        package var warned: [Instrument: [String]] = [:]
    }

    package var id: String
    package var isEnabled = true
    package var pipeline: String
    /// A model, a column, or a formula.
    package var from: String
    package var rule: Rule
    package var count = 5
    package var keep: Int?
    package var enter = 0.0
    package var exit: Double?
    package var shares: Double?
    package var rebalance = 1
    package var weight = 1.0
    package var gross = 1.0
    package var minimumTrade = 0.0
    /// In the order of the pipeline.
    package var universe: [Instrument]
    package var capital = 1_000_000.0
    package var execution = Execution()
    package var venue = Venue()
    package var benchmark: Instrument?

    /// Creates a strategy with the usual of everything else.
    package init(id: String, pipeline: String, from: String, rule: Rule, universe: [Instrument]) {
        self.id = id
        self.pipeline = pipeline
        self.from = from
        self.rule = rule
        self.universe = universe
    }
}
