public import PluginKit
import TabularModels

/// Linear regression with a penalty on the size of the weights, solved in closed form.
///
/// - Task: regression. Minimises `sum (y - a - z w)^2 + l2 * |w|^2`, where `z` are the features standardised by mean and
///   standard deviation of the training set; the intercept `a` is not penalised.
/// - Input: `[batch, 1, feature]`, finite numbers; a row with NaN is refused by `fit`, so whoever builds the set drops it.
///   Output: `[batch, value]`.
/// - Parameters: `l2`, 0 or more. With 0 it is ordinary least squares; features that depend on each other then get a
///   penalty of 1e-10 of a feature's weight, raised until the system can be solved.
/// - Cost: `fit` O(rows * features^2 + features^3), one pass; `predict` O(features), allocates nothing.
/// - Seed: unused; the same set gives the same bytes.
/// - Paper: A. Hoerl, R. Kennard, *Ridge Regression*, Technometrics 12, 1970.
public struct Ridge: Model {
    /// What the plugin is: `model/ridge`.
    public static let descriptor = PluginDescriptor(
        kind: .model, name: "ridge", summary: "Linear regression with an L2 penalty, closed form.",
        schema: ConfigurationSchema([
            .number("l2", 0...1e12, default: 1, "Penalty on the square of the weights of standardised features.")
        ]),
        outputs: [OutputColumn("value", unit: "", "The prediction, in the target's unit.")])

    private let l2: Double

    /// Takes the options; does no I/O.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        l2 = try configuration.number("l2")
    }

    /// Solves the normal equations; calls `context.checkpoint` every 1,024 rows.
    public func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] {
        try set.checkTabular(owner: "model/ridge", limit: 1e150)
        let solution = try RidgeSolver(set, context: context).solve(l2: l2)
        try context.checkpoint(1)
        return RidgeArtifact.encode(solution, features: set.features)
    }

    /// Makes a predictor; throws `.corrupted` for damaged bytes, `.badRequest` for an artifact of other features.
    public func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor {
        RidgePredictor(
            solution: try RidgeArtifact.decode(artifact, features: features), outputs: Self.descriptor.outputs)
    }
}

/// What a fit finds: `value = intercept + sum (x - mean) * weight`.
struct RidgeSolution: Sendable, Equatable {
    var intercept: Double
    var means: [Double]
    /// Weights of the features as they come: the standard deviation is divided out.
    var weights: [Double]
}

/// A fitted ridge regression.
struct RidgePredictor: Predictor {
    let solution: RidgeSolution
    let outputs: [OutputColumn]

    func predict(
        _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
    ) throws(PluginError) {
        let width = solution.weights.count
        try shape.checkTabular(width: width, input: input.count, output: output.count, owner: "model/ridge")
        for row in 0..<output.count {
            var value = solution.intercept
            for feature in 0..<width {
                value += (input[row * width + feature] - solution.means[feature]) * solution.weights[feature]
            }
            output[row] = value
        }
    }
}
