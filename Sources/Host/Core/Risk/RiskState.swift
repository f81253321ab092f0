package import PluginKit

/// Everything that rules measure.
package struct RiskState: Sendable {
    /// Positions and prices.
    package var book = RiskBook()
    /// Profit and loss over time.
    package var account = RiskAccount()
    /// The capital that turnover is a part of.
    package var capital = 0.0
    /// What time it is, nanoseconds since the Unix epoch: the clock's where data is live, else the newest event's.
    package var now: Int64 = 0
    /// Since when the positions are held here; a position without a price is as old as that.
    package var since: Int64 = 0
    /// How far predictions are behind events, nanoseconds, by instrument.
    package var predictionLag: [(instrument: InstrumentID, lag: Int64)] = []
    /// How far features have drifted from the fit, by model.
    package var drift: [(model: String, index: Double)] = []

    /// Creates an empty state.
    package init() {}
}

/// What a rule is about in one measurement.
package struct RiskSubject: Sendable, Hashable {
    /// The instrument, where it is about one.
    package var instrument: InstrumentID?
    /// A group or a model, where it is about one.
    package var name = ""

    /// All positions together.
    package static let all = RiskSubject()
}

/// What a rule measured.
package struct RiskReading: Sendable, Hashable {
    /// Of what.
    package let subject: RiskSubject
    /// How much.
    package let value: Double
    /// How much is allowed.
    package let limit: Double
    /// Whether every price that it rests on is there: what is measured without one breaks a limit, and ends no alert.
    package var isWhole = true
}

/// Why rules are asked.
package enum RiskOccasion: Sendable, Hashable {
    /// A price of this position changed.
    case price(Int)
    /// The positions changed, or limits did: everything is measured.
    case everything
    /// A second went by.
    case tick
}

/// One rule: measures one thing, and says what of it is too much.
package protocol RiskRule: Sendable {
    /// `snake_case` name.
    static var name: String { get }
    /// The unit of what it measures.
    static var unit: RiskUnit { get }
    /// What it measures, in words: `gross exposure`.
    static var words: String { get }
    /// What is allowed.
    var limit: RiskLimit { get }

    /// Creates the rule.
    init(_ limit: RiskLimit)

    /// Appends what it measures on an occasion; nothing where it is not touched by it.
    func measure(_ state: RiskState, _ occasion: RiskOccasion, into readings: inout [RiskReading])
}

/// A rule with one number for all positions, measured whenever a price or the positions change.
protocol WholeRule: RiskRule {
    /// The number; `nil` where there is none.
    func value(in state: RiskState) -> Double?
}

extension WholeRule {
    package func measure(_ state: RiskState, _ occasion: RiskOccasion, into readings: inout [RiskReading]) {
        guard occasion != .tick, let most = limit.limit, let value = value(in: state) else { return }
        readings.append(RiskReading(subject: .all, value: value, limit: most, isWhole: state.book.unpriced == 0))
    }
}

/// What a measured number counts.
package enum RiskUnit: String, Sendable {
    /// Units of the base currency.
    case currency
    /// A fraction.
    case fraction
    /// Seconds.
    case seconds
    /// Nothing in particular.
    case number
}
