public import PluginKit
import TabularModels

/// A linear model that goes on learning while it serves: recursive least squares with forgetting.
///
/// - Task: regression. With `z` the features standardised by the training set and a 1, and n labels learned so far, the weights
///   minimise `sum f^(n - i) (y_i - z_i w)^2 + f^n l2 |w|^2`, `f` the forgetting factor.
/// - Input: `[batch, 1, feature]`, finite numbers. Output: `[batch, value]`.
/// - Fit: the training set in its order, one update a row. While it serves each label is learned when it is known, for each
///   instrument apart, beginning with the fit.
/// - Cost: a fit O(rows * features^2), a label O(features^2), a prediction O(features); the latter two allocate nothing.
/// - Seed: unused; the same labels in the same order give the same bytes.
/// - Papers: G. Bierman, *Measurement Updating Using the U-D Factorization*, Automatica 12, 1976; L. Ljung, T. Söderström, *Theory
///   and Practice of Recursive Identification*, 1983.
public struct OnlineLinear: Model {
    /// What the plugin is: `model/online_linear`.
    public static let descriptor = PluginDescriptor(
        kind: .model, name: "online_linear",
        summary: "Linear regression that learns each label as it becomes known, and forgets old ones.",
        schema: ConfigurationSchema([
            .number(
                "forgetting", 0.5...1, default: 0.999,
                "Weight of a label beside the one after it; 1 forgets nothing, 0.999 half in 693 labels."),
            .number(
                "l2", 1e-6...1e6, default: 1,
                "Penalty on the square of the weights of standardised features, before the first label."),
        ]),
        outputs: [OutputColumn("value", unit: "", "The prediction, in the target's unit.")]
    ).learning()

    private static let rowsACheckpoint = 1_024
    private static let format = SealedArtifact("ONLINE", owner: "model/online_linear")

    private let forgetting: Double
    private let l2: Double

    /// Takes the options; does no I/O.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        forgetting = try configuration.number("forgetting")
        l2 = try configuration.number("l2")
    }

    /// Learns the rows in their order; calls `context.checkpoint` every 1,024.
    public func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] {
        try set.checkTabular(owner: Self.descriptor.id, limit: 1e150)
        var line = LearnedLine(FeatureScaling(set), forgetting: forgetting, l2: l2)
        for example in 0..<set.count {
            if example % Self.rowsACheckpoint == 0 { try context.checkpoint(Double(example) / Double(set.count)) }
            let start = set.starts[example] * set.features.count
            let row = set.values.span.extracting(start..<start + set.features.count)
            try line.learn(row, label: set.labels[example])
        }
        try context.checkpoint(1)
        var body = StateWriter()
        line.write(to: &body)
        return Self.format.seal(body, features: set.features)
    }

    /// Makes a predictor; throws `.corrupted` for damaged bytes, `.badRequest` for an artifact of other features.
    public func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor {
        let line = try Self.format.read(artifact, features: features) { (reader) throws(PluginError) in
            try LearnedLine(from: &reader, width: features.count)
        }
        return FittedLine(line, outputs: Self.descriptor.outputs)
    }
}
