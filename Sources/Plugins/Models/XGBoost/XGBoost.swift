public import PluginKit
import TreeEnsembles
import XGBoostInterface

/// Gradient-boosted trees and random forests, grown by libxgboost, served without it.
///
/// - Task: regression of the target on the features: its mean (`squared`), a quantile of it (`quantile`), or a score by which
///   the instruments of an event time are ordered (`ranking`); see `BoostingLoss`.
/// - Input: `[batch, 1, feature]`, finite numbers, compared in single precision. Output: `[batch, value]`.
/// - Parameters: see `descriptor`; a random forest is `rounds: 1` with many `trees_per_round`.
/// - Cost: `fit` O(rounds * trees * rows * features * depth); `predict` about 0.7 us for 100 trees of depth 6, allocates
///   nothing.
/// - Seed: fixes row and column sampling. The same set, options, seed, thread count and library version give the same
///   bytes.
/// - Artifact: XGBoost's own JSON model, which XGBoost reads too. `load` and `predict` need no library.
/// - Paper: T. Chen, C. Guestrin, *XGBoost: A Scalable Tree Boosting System*, KDD 2016.
public struct XGBoost: Model {
    /// What the plugin is: `model/xgboost`.
    public static let descriptor = PluginDescriptor(
        kind: .model, name: "xgboost", summary: "Gradient-boosted trees and random forests (libxgboost).",
        schema: ConfigurationSchema([
            .choice(
                "loss", BoostingLoss.Kind.allCases.map(\.rawValue), default: "squared",
                "What is made small; ranking orders the instruments of an event time."),
            .ratio("quantile", 0.01...0.99, default: 0.5, "Share of outcomes that are to lie below; of quantile."),
            .integer("rounds", 1...10_000, default: 100, unit: "rounds", "Rounds of boosting."),
            .integer("max_depth", 1...16, default: 6, unit: "levels", "Depth a tree may reach."),
            .ratio("learning_rate", 0.0001...1, default: 0.3, "How much of each round's correction is taken."),
            .number("min_child_weight", 0...1e9, default: 1, unit: "rows", "Rows a leaf must hold at least."),
            .ratio("subsample", 0.01...1, default: 1, "Share of the rows each round sees."),
            .ratio("column_sample", 0.01...1, default: 1, "Share of the features each tree sees."),
            .number("l1", 0...1e9, default: 0, "Penalty on the absolute value of leaves (alpha)."),
            .number("l2", 0...1e9, default: 1, "Penalty on the square of leaves (lambda)."),
            .number("gamma", 0...1e9, default: 0, "Loss a split must save at least."),
            .integer("trees_per_round", 1...10_000, default: 1, unit: "trees", "Trees that share a round."),
            .integer(
                "early_stopping", 0...10_000, default: 0, unit: "rounds",
                "Rounds without a gain on the newest fifth of the rows that end the fit; 0 learns from all rows."),
            .text("increasing", "Features with which the prediction never falls, separated by commas."),
            .text("decreasing", "Features with which the prediction never rises, separated by commas."),
            .path("library", "Path of libxgboost.so; absent: beside the executable, then the system's."),
        ]),
        outputs: [OutputColumn("value", unit: "", "The prediction, in the target's unit; with ranking a score.")]
    ).weighing()

    private let trainer: XGBoostTrainer
    private let library: String?

    private var outputs: [OutputColumn] {
        guard trainer.loss == .quantile else { return Self.descriptor.outputs }
        return Self.descriptor.outputs.map {
            OutputColumn($0.name, unit: $0.unit, $0.summary, role: .quantile(trainer.quantile))
        }
    }

    /// Finds more trees than a model may have.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        guard let rounds = try? configuration.integer("rounds"),
            let trees = try? configuration.integer("trees_per_round"), rounds * trees > 100_000
        else { return [] }
        return [
            ConfigurationFault(
                option: "trees_per_round",
                "'rounds' times 'trees_per_round' is \(rounds * trees); allowed 1...100000. Lower one of them.")
        ]
    }

    /// Takes the options; does no I/O and does not look for the library.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        var trainer = XGBoostTrainer()
        trainer.rounds = try configuration.integer("rounds")
        trainer.maxDepth = try configuration.integer("max_depth")
        trainer.learningRate = try configuration.number("learning_rate")
        trainer.minChildWeight = try configuration.number("min_child_weight")
        trainer.subsample = try configuration.number("subsample")
        trainer.columnSample = try configuration.number("column_sample")
        trainer.l1 = try configuration.number("l1")
        trainer.l2 = try configuration.number("l2")
        trainer.gamma = try configuration.number("gamma")
        trainer.treesPerRound = try configuration.integer("trees_per_round")
        trainer.loss = BoostingLoss.Kind(rawValue: try configuration.text("loss")) ?? .squared
        trainer.quantile = try configuration.number("quantile")
        trainer.patience = try configuration.integer("early_stopping")
        trainer.increasing = configuration.has("increasing") ? try configuration.text("increasing") : ""
        trainer.decreasing = configuration.has("decreasing") ? try configuration.text("decreasing") : ""
        self.trainer = trainer
        library = configuration.has("library") ? context.resolve(try configuration.text("library")) : nil
    }

    /// Throws `.environment` where the library is missing.
    public func probe() async throws(PluginError) { _ = try XGBoostLibrary(path: library) }

    /// Grows the trees; calls `context.checkpoint` before each round.
    public func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] {
        try trainer.fit(set, context: context, library: try XGBoostLibrary(path: library))
    }

    /// Makes a predictor; throws `.corrupted` for damaged bytes, `.badRequest` for an artifact of other features.
    public func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor {
        let document = try XGBoostDocument(artifact, owner: "model/xgboost")
        let fitted = document.featureNames
        guard document.forest.featureCount == features.count, fitted.isEmpty || fitted == features else {
            let shown = fitted.isEmpty ? "\(document.forest.featureCount) features" : fitted.joined(separator: ", ")
            throw PluginError(
                .badRequest,
                "model/xgboost: the artifact was fitted on \(PluginError.quoted(shown)) and is asked for "
                    + "\(PluginError.quoted(features.joined(separator: ", "))). Fit it again on these features.")
        }
        return ForestPredictor(forest: document.forest, outputs: outputs, owner: "model/xgboost")
    }
}
