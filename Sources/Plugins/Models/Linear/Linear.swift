public import PluginKit
import TabularModels

/// Linear models: least squares, ridge, lasso, elastic net, Huber's regression, logistic regression.
///
/// - Task: regression (`loss: squared` or `huber`), two classes 0 and 1 (`loss: logistic`; the prediction is the probability
///   of 1). With `z` the features standardised by the training set, `a` an intercept without a penalty and `d` the standard
///   deviation of the labels: `squared` minimises `sum (y - a - z w)^2 + l2 |w|^2 + 2 l1 d sum |w|`; see `HuberLoss` and
///   `LogisticLoss` for the others.
/// - Input: `[batch, 1, feature]`, finite numbers; a row with NaN is refused by `fit`, so whoever builds the set drops it.
///   Output: `[batch, value]`.
/// - Cost: `fit` O(rows * features^2 + features^3), once for `squared` (coordinate descent with `l1` adds O(features^2) a
///   sweep), 10 to 30 times for the others; `predict` O(features), allocates nothing.
/// - Seed: unused; the same set gives the same bytes.
/// - Papers: A. Hoerl, R. Kennard, *Ridge Regression*, 1970; J. Friedman, T. Hastie, R. Tibshirani, *Regularization Paths for
///   Generalized Linear Models via Coordinate Descent*, 2010; A. Owen, *A robust hybrid of lasso and ridge regression*, 2007.
public struct Linear: Model {
    /// What the plugin is: `model/linear`.
    public static let descriptor = PluginDescriptor(
        kind: .model, name: "linear",
        summary: "Linear models: least squares, ridge, lasso, elastic net, Huber, logistic.",
        schema: ConfigurationSchema([
            .choice(
                "loss", LinearTrainer.Loss.allCases.map(\.rawValue), default: "squared",
                "What is made small; huber heeds outliers less, logistic tells the classes 0 and 1 apart."),
            .number("l1", 0...1e12, default: 0, "Penalty on the size of weights, which sets some to 0; with squared."),
            .number("l2", 0...1e12, default: 1, "Penalty on the square of the weights of standardised features."),
            .number("epsilon", 1...1000, default: 1.35, "Deviations from which on huber counts a row as an outlier."),
        ]),
        outputs: [
            OutputColumn("value", unit: "", "The prediction, in the target's unit; with logistic the probability of 1.")
        ]
    ).weighing()

    private let trainer: LinearTrainer

    /// Finds an `l1` that the loss does not take.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        guard let l1 = try? configuration.number("l1"), l1 > 0, let loss = try? configuration.text("loss"),
            loss != "squared"
        else { return [] }
        return [
            ConfigurationFault(
                option: "l1", "'l1' is \(l1) with 'loss' \(loss); allowed 0. Remove it, or use 'loss: squared'.")
        ]
    }

    /// Takes the options; does no I/O.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        var trainer = LinearTrainer(owner: "model/linear")
        trainer.loss = LinearTrainer.Loss(rawValue: try configuration.text("loss")) ?? .squared
        trainer.l1 = try configuration.number("l1")
        trainer.l2 = try configuration.number("l2")
        trainer.epsilon = try configuration.number("epsilon")
        self.trainer = trainer
    }

    /// Solves; calls `context.checkpoint` every 1,024 rows, or before each step.
    public func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] {
        try trainer.artifact(set, context: context)
    }

    /// Makes a predictor; throws `.corrupted` for damaged bytes, `.badRequest` for an artifact of other features.
    public func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor {
        try trainer.predictor(artifact, features: features, outputs: Self.descriptor.outputs)
    }
}

/// `model/linear` with the squared loss and a penalty on the square of the weights: the name of the one most in use.
public struct Ridge: Model {
    /// What the plugin is: `model/ridge`.
    public static let descriptor = PluginDescriptor(
        kind: .model, name: "ridge", version: "1.1.0", summary: "Linear regression with an L2 penalty, closed form.",
        schema: ConfigurationSchema([
            .number("l2", 0...1e12, default: 1, "Penalty on the square of the weights of standardised features.")
        ]),
        outputs: [OutputColumn("value", unit: "", "The prediction, in the target's unit.")]
    ).weighing()

    private let trainer: LinearTrainer

    /// Takes the options; does no I/O.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        trainer = LinearTrainer(l2: try configuration.number("l2"), owner: "model/ridge")
    }

    /// Solves; calls `context.checkpoint` every 1,024 rows.
    public func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] {
        try trainer.artifact(set, context: context)
    }

    /// Makes a predictor; throws `.corrupted` for damaged bytes, `.badRequest` for an artifact of other features.
    public func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor {
        try trainer.predictor(artifact, features: features, outputs: Self.descriptor.outputs)
    }
}

extension LinearTrainer {
    private var format: SealedArtifact { SealedArtifact("LINEAR", owner: "\(owner)") }

    fileprivate func artifact(_ set: TrainingSet, context: FitContext) throws(PluginError) -> [UInt8] {
        var body = StateWriter()
        try fit(set, context: context).write(to: &body)
        return format.seal(body, features: set.features)
    }

    fileprivate func predictor(
        _ artifact: [UInt8], features: [String], outputs: [OutputColumn]
    ) throws(PluginError) -> any Predictor {
        let formula = try format.read(artifact, features: features) { (reader) throws(PluginError) in
            try LinearFormula(from: &reader, width: features.count)
        }
        guard formula.isFinite else { throw format.corrupted("holds numbers that are not finite") }
        return LinearPredictor(formula, outputs: outputs, owner: owner)
    }
}
