import Ensembles
import Glibc
public import PluginKit
import TabularModels

/// A mean of models by how likely each made what came.
///
/// - Task: regression. Each member is a normal distribution around its prediction, with the variance of its own errors. Its weight
///   is `exp(sum of log likelihoods)`, where an event time counts as one observation (the mean over its rows) and half as much
///   every `half_life` event times before the last one: a rolling likelihood, so that a member that did well long ago loses its lead.
///   What `adaptive` gives (see `MemberWeighting`) is the weight before, with which that is multiplied.
/// - Input: `[batch, 1, member...]`, NaN for a member that gave nothing: it is left out and the other weights grow in proportion.
///   Columns beside the members mean nothing to it. Output: `[batch, value, variance]`.
/// - Cost: `fit` O(rows * members); `predict` O(members), allocates nothing.
/// - Seed: unused; the same set gives the same bytes.
/// - Papers: J. Hoeting and others, *Bayesian Model Averaging: A Tutorial*, 1999; A. Raftery and others, *Online Prediction under
///   Model Uncertainty via Dynamic Model Averaging*, 2010 (forgetting).
public struct BayesianAverage: Model {
    /// What the plugin is: `model/bayesian_average`.
    public static let descriptor = PluginDescriptor(
        kind: .model, name: "bayesian_average", summary: "Other models, weighed by the likelihood of what came.",
        schema: ConfigurationSchema(MemberWeighting.options(halfLife: 60)),
        outputs: [
            OutputColumn("value", unit: "", "The weighted mean, in the target's unit."),
            OutputColumn(
                "variance", unit: "", "Variance of the mixture: of the members' errors, and between members.",
                role: .variance),
        ]
    ).combining()

    private static let owner = "model/bayesian_average"
    private static let format = SealedArtifact("BAYES", owner: owner)
    private let weighting: MemberWeighting

    /// Takes the options; does no I/O.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        weighting = try MemberWeighting(configuration)
    }

    /// Weighs the members; throws `.badRequest` for a set it cannot use.
    public func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] {
        try context.checkpoint(0)
        let table = try weighting.table(set, owner: Self.owner)
        let least = max(table.labelVariance * 1e-9, .leastNormalMagnitude)
        let variances = table.squaredErrors().map { $0.isFinite ? max($0, least) : .greatestFiniteMagnitude }
        var writer = StateWriter()
        let before = weighting.weights(table).weights
        let formula = WeightedMembers(weights: zip(before, Self.likelihoods(table, variances)).map { $0 * $1 })
            .normalised
        formula.write(to: &writer)
        formula.report(table, of: set, to: context)
        writer.write(variances)
        return Self.format.seal(writer, features: set.features)
    }

    /// In proportion to the greatest.
    private static func likelihoods(_ table: MemberTable, _ variances: [Double]) -> [Double] {
        var sums = Array(repeating: 0.0, count: variances.count)
        for rows in table.instants {
            for member in sums.indices {
                var (sum, count) = (0.0, 0.0)
                for place in rows {
                    let value = table.prediction(place, member)
                    guard value.isFinite else { continue }
                    let error = table.labels[place] - value
                    sum -= 0.5 * (log(variances[member]) + error * error / variances[member])
                    count += 1
                }
                if count > 0 { sums[member] += table.weights[rows.lowerBound] * sum / count }
            }
        }
        // One that predicted nothing has no likelihood at all.
        let usable = sums.indices.filter { variances[$0] < .greatestFiniteMagnitude }
        let greatest = usable.map { sums[$0] }.max() ?? 0
        return sums.indices.map { usable.contains($0) ? exp(sums[$0] - greatest) : 0 }
    }

    /// Makes a predictor; throws `.corrupted` for damaged bytes, `.badRequest` for an artifact of other members.
    public func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor {
        let columns = MemberColumns(features)
        let read = try Self.format.read(artifact, features: features) { (reader) throws(PluginError) in
            (
                formula: try WeightedMembers(from: &reader, members: columns.members.count),
                variances: try reader.readDoubles(count: columns.members.count)
            )
        }
        guard read.formula.isUsable, read.variances.allSatisfy({ $0.isFinite && $0 > 0 }) else {
            throw Self.format.corrupted("holds a weight or a variance that is none")
        }
        return MixturePredictor(
            formula: read.formula, variances: read.variances, columns: columns, outputs: Self.descriptor.outputs)
    }
}

/// Mean and variance of a mixture of normal distributions around the members.
private struct MixturePredictor: Predictor {
    let formula: WeightedMembers
    let variances: [Double]
    let columns: MemberColumns
    let outputs: [OutputColumn]

    func predict(
        _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
    ) throws(PluginError) {
        guard output.count == 2 * shape.batch else {
            throw PluginError(
                .badRequest,
                "model/bayesian_average: \(shape.batch) rows need room for \(2 * shape.batch) numbers, there is room for \(output.count)."
            )
        }
        try shape.checkTabular(
            width: columns.width, input: input.count, output: output.count / 2, owner: "model/bayesian_average")
        for row in 0..<shape.batch {
            let start = row * columns.width
            let mean = formula.value(input, at: start, columns.members)
            output[2 * row] = mean
            output[2 * row + 1] = variance(input, start, around: mean)
        }
    }

    private func variance(_ input: Span<Double>, _ start: Int, around mean: Double) -> Double {
        var (sum, weight, plain, count) = (0.0, 0.0, 0.0, 0.0)
        for (place, member) in columns.members.enumerated() {
            let value = input[start + member]
            guard value.isFinite else { continue }
            let own = variances[place] + (value - mean) * (value - mean)
            (sum, weight) = (sum + formula.weights[place] * own, weight + formula.weights[place])
            (plain, count) = (plain + own, count + 1)
        }
        return weight > 0 ? sum / weight : plain / count
    }
}
