import Ensembles
public import PluginKit
import TabularModels

/// A linear model over what other models predict, with weights that are none below zero.
///
/// - Task: regression. Minimises `sum r (y - a - x w)^2 + l2 v sum (w - b)^2`, `w >= 0`, where `r` is the weight of a row
///   (`half_life`), `v` the variance of each member's predictions, and `b` what `adaptive` gives (see `MemberWeighting`), 0 without
///   it. A member's predictions are those of fits that had not seen the row.
/// - Input: `[batch, 1, member...]`, NaN for a member that gave nothing: for the fit it says the mean of the others, in service its
///   weight goes to the others in proportion. Columns beside the members mean nothing to it. Output: `[batch, value]`.
/// - Cost: `fit` O(rows * members^2) and coordinate descent over `members^2` numbers; `predict` O(members), allocates nothing.
/// - Seed: unused; the same set gives the same bytes.
/// - Papers: D. Wolpert, *Stacked Generalization*, 1992; L. Breiman, *Stacked Regressions*, 1996.
public struct Stacking: Model {
    /// What the plugin is: `model/stacking`.
    public static let descriptor = PluginDescriptor(
        kind: .model, name: "stacking", summary: "Linear model over what other models predict out of sample.",
        schema: ConfigurationSchema(
            [
                .number(
                    "l2", 0...1e6, default: 0.01,
                    "Penalty on the square of the weights, or of how far they are from those of 'adaptive', in parts of the members' variance."
                )
            ] + MemberWeighting.options()),
        outputs: [OutputColumn("value", unit: "", "The prediction, in the target's unit.")]
    ).combining()

    private static let owner = "model/stacking"
    private static let format = SealedArtifact("STACK", owner: owner)
    private let l2: Double
    private let weighting: MemberWeighting

    /// Takes the options; does no I/O.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        l2 = try configuration.number("l2")
        weighting = try MemberWeighting(configuration)
    }

    /// Solves; throws `.badRequest` for a set it cannot use.
    public func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] {
        try context.checkpoint(0)
        let table = try weighting.table(set, owner: Self.owner)
        var writer = StateWriter()
        let base = weighting.adaptive == .none ? table.columns.members.map { _ in 0 } : weighting.weights(table).weights
        let formula = StackedWeights(table, l2: l2, base: base).formula
        formula.write(to: &writer)
        formula.report(table, of: set, to: context)
        return Self.format.seal(writer, features: set.features)
    }

    /// Makes a predictor; throws `.corrupted` for damaged bytes, `.badRequest` for an artifact of other members.
    public func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor {
        let columns = MemberColumns(features)
        let formula = try Self.format.read(artifact, features: features) { (reader) throws(PluginError) in
            try WeightedMembers(from: &reader, members: columns.members.count)
        }
        guard formula.isUsable else { throw Self.format.corrupted("holds a weight that is none") }
        return WeightedPredictor(
            formula: formula, columns: columns, outputs: Self.descriptor.outputs, owner: "model/stacking")
    }
}

/// Least squares with weights that are none below zero and are drawn to others, by coordinate descent over the members' covariances.
struct StackedWeights {
    let formula: WeightedMembers

    init(_ table: MemberTable, l2: Double, base: [Double]) {
        let members = table.columns.members.count
        let rows = (0..<table.count).filter { table.mean($0).isFinite }
        let total = rows.reduce(0) { $0 + table.weights[$1] }
        guard total > 0 else {
            formula = WeightedMembers(weights: base)
            return
        }
        // A member that gave nothing says the mean of the others.
        func filled(_ row: Int, _ member: Int) -> Double {
            let value = table.prediction(row, member)
            return value.isFinite ? value : table.mean(row)
        }
        func mean(_ number: (Int) -> Double) -> Double {
            rows.reduce(0) { $0 + table.weights[$1] * number($1) } / total
        }
        let means = (0..<members).map { member in mean { filled($0, member) } }
        let centre = mean { table.labels[$0] }
        var covariances = Array(repeating: 0.0, count: members * members)
        var slopes = Array(repeating: 0.0, count: members)
        for row in rows {
            let weight = table.weights[row] / total
            let deviations = (0..<members).map { filled(row, $0) - means[$0] }
            for left in 0..<members {
                slopes[left] += weight * deviations[left] * (table.labels[row] - centre)
                for right in 0..<members {
                    covariances[left * members + right] += weight * deviations[left] * deviations[right]
                }
            }
        }
        let weights = Self.descend(covariances, slopes, l2: l2, base: base)
        formula = WeightedMembers(
            intercept: centre - zip(weights, means).reduce(0) { $0 + $1.0 * $1.1 }, weights: weights)
    }

    private static func descend(
        _ covariances: [Double], _ slopes: [Double], l2: Double, base: [Double]
    ) -> [Double] {
        let members = slopes.count
        var weights = base
        for _ in 0..<10_000 {
            var change = 0.0
            for member in 0..<members {
                let own = covariances[member * members + member]
                guard own > 0 else {
                    weights[member] = 0
                    continue
                }
                var rest = slopes[member]
                for other in 0..<members where other != member {
                    rest -= covariances[member * members + other] * weights[other]
                }
                let new = max(0, (rest / own + l2 * base[member]) / (1 + l2))
                change = max(change, (new - weights[member]).magnitude)
                weights[member] = new
            }
            if change < 1e-12 { break }
        }
        return weights
    }
}
