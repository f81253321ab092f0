import Glibc
public import PluginKit

/// What an ensemble starts from: how much each member counts by what it did, and how fast that is forgotten. Declared once for
/// all that combine; each says what it makes of it.
public struct MemberWeighting: Sendable {
    /// How members are weighed before anything else is learned.
    public enum Adaptive: String, CaseIterable, Sendable {
        /// All alike.
        case none
        /// By one over the mean squared error, where older ones count less.
        case exponential
        /// By `exp(-rate * sum of losses)`.
        case hedge
    }

    /// How members are weighed.
    public let adaptive: Adaptive
    private let halfLife: Int
    private let rate: Double

    /// The options, behind an ensemble's own.
    public static func options(halfLife: Int = 0) -> [ConfigurationOption] {
        [
            .choice(
                "adaptive", Adaptive.allCases.map(\.rawValue), default: Adaptive.none.rawValue,
                "Weights that the members begin with: alike, by one over the mean squared error of each, or by its losses (hedge)."
            ),
            .integer(
                "half_life", 0...1_000_000, default: halfLife, unit: "bars",
                "Event times after which what a member did counts half; 0 for never."),
            .number("rate", 0.001...100, default: 0.5, "How fast hedge leaves members that do worse."),
        ]
    }

    /// Reads the options.
    public init(_ configuration: Configuration) throws(PluginError) {
        adaptive = Adaptive(rawValue: try configuration.text("adaptive")) ?? .none
        halfLife = try configuration.integer("half_life")
        rate = try configuration.number("rate")
    }

    /// The rows of a set as they count; throws as `MemberTable` does.
    public func table(_ set: TrainingSet, owner: String) throws(PluginError) -> MemberTable {
        try MemberTable(set, halfLife: halfLife, owner: owner)
    }

    /// Weights that add up to 1.
    public func weights(_ table: MemberTable) -> WeightedMembers {
        switch adaptive {
        case .none: WeightedMembers(weights: table.columns.members.map { _ in 1 }).normalised
        case .exponential: WeightedMembers(weights: Self.inverse(table.squaredErrors())).normalised
        case .hedge: WeightedMembers(weights: hedge(table)).normalised
        }
    }

    /// One over each, in proportion to the greatest, so that none is too large to add.
    private static func inverse(_ errors: [Double]) -> [Double] {
        let weights = errors.map { $0.isFinite ? 1 / max($0, .leastNormalMagnitude) : 0 }
        guard let greatest = weights.max(), greatest > 0 else { return weights }
        return weights.map { $0 / greatest }
    }

    /// Multiplicative weights: each event time a member loses weight by its loss there. The greatest is 1.
    private func hedge(_ table: MemberTable) -> [Double] {
        let scale = 4 * table.labelVariance
        var losses = Array(repeating: 0.0, count: table.columns.members.count)
        for rows in table.instants {
            for member in losses.indices {
                losses[member] += table.weights[rows.lowerBound] * Self.loss(table, rows, member, scale)
            }
        }
        let least = losses.min() ?? 0
        return losses.map { exp(-rate * ($0 - least)) }
    }

    /// The mean loss over the rows of an event time, 0...1; a member that gave nothing loses as much as one that knows nothing.
    private static func loss(_ table: MemberTable, _ rows: Range<Int>, _ member: Int, _ scale: Double) -> Double {
        var sum = 0.0
        for row in rows {
            let value = table.prediction(row, member)
            let error = table.labels[row] - value
            sum += value.isFinite && scale > 0 ? min(1, error * error / scale) : 0.25
        }
        return sum / Double(rows.count)
    }
}
