public import PluginKit

/// A sum of what members predict: `intercept + sum weight * prediction`. The weights of those that gave nothing go to the others
/// in proportion.
public struct WeightedMembers: Sendable, Equatable {
    /// Added to every prediction.
    public var intercept = 0.0
    /// One a member, none below zero.
    public var weights: [Double]

    /// Writes it.
    public func write(to writer: inout StateWriter) {
        writer.write(intercept)
        writer.write(weights)
    }

    /// Takes weights.
    public init(intercept: Double = 0, weights: [Double]) {
        self.intercept = intercept
        self.weights = weights
    }

    /// Reads what `write` wrote.
    public init(from reader: inout StateReader, members: Int) throws(PluginError) {
        intercept = try reader.readDouble()
        weights = try reader.readDoubles(count: members)
    }

    /// Whether every number is one, and no weight is below zero.
    public var isUsable: Bool { intercept.isFinite && weights.allSatisfy { $0.isFinite && $0 >= 0 } }

    /// The same with weights that add up to 1; equal ones where all are 0.
    public var normalised: WeightedMembers {
        let sum = weights.reduce(0, +)
        guard sum > 0, sum.isFinite else {
            return WeightedMembers(intercept: intercept, weights: weights.map { _ in 1 / Double(weights.count) })
        }
        return WeightedMembers(intercept: intercept, weights: weights.map { $0 / sum })
    }

    /// Tells the card how much each member counts: `weight.ID`.
    public func report(_ table: MemberTable, of set: TrainingSet, to context: FitContext) {
        for (member, weight) in zip(table.columns.members, weights) {
            let name = set.features[member]
            context.report("weight.\(name.hasPrefix("model/") ? String(name.dropFirst(6)) : name)", weight)
        }
    }

    /// Returns the prediction of a row that begins at a place; NaN where no member gave anything.
    public func value(_ input: Span<Double>, at start: Int, _ members: [Int]) -> Double {
        var (sum, given, all, plain, count) = (0.0, 0.0, 0.0, 0.0, 0.0)
        for (place, member) in members.enumerated() {
            let weight = weights[place]
            all += weight
            let value = input[start + member]
            guard value.isFinite else { continue }
            (sum, given, plain, count) = (sum + weight * value, given + weight, plain + value, count + 1)
        }
        guard count > 0 else { return .nan }
        // Those with a weight are silent: the others share it alike.
        return intercept + (given > 0 ? sum * (all / given) : all * plain / count)
    }
}
