public import PluginKit
import TabularModels

/// Gradient-boosted trees that grow leaf by leaf: grown by LightGBM, served without it.
///
/// - Task: regression (`squared`, `absolute`, `huber`), two classes 0 and 1 (`logistic`; the prediction is the probability of 1).
/// - Input: `[batch, 1, feature]`, finite numbers. Output: `[batch, value]`.
/// - Parameters: see `descriptor`. With `early_stopping` the newest fifth of the rows is not learned from but watched.
/// - Cost: `fit` O(rounds * rows * features); `predict` O(rounds * depth), allocates nothing.
/// - Seed: fixes row and column sampling. The same set, options, seed, thread count and library version give the same bytes.
/// - Artifact: LightGBM's own text in an envelope with a checksum. `load` and `predict` need no library.
/// - Paper: G. Ke and others, *LightGBM: A Highly Efficient Gradient Boosting Decision Tree*, NIPS 2017.
public struct GradientBoosting: Model {
    /// What the plugin is: `model/gradient_boosting`.
    public static let descriptor = PluginDescriptor(
        kind: .model, name: "gradient_boosting", summary: "Gradient-boosted trees that grow leaf by leaf (LightGBM).",
        schema: ConfigurationSchema([
            .choice("loss", LightGBMTrainer.Loss.allCases.map(\.rawValue), default: "squared", "What is made small."),
            .integer("rounds", 1...10_000, default: 100, unit: "rounds", "Rounds of boosting."),
            .integer("leaves", 2...4_096, default: 31, unit: "leaves", "Leaves a tree may have."),
            .integer("max_depth", 0...64, default: 0, unit: "levels", "Depth a tree may reach; 0 for any."),
            .ratio("learning_rate", 0.0001...1, default: 0.1, "How much of each round's correction is taken."),
            .integer("min_leaf", 1...1_000_000, default: 20, unit: "rows", "Rows a leaf must hold at least."),
            .ratio("subsample", 0.01...1, default: 1, "Share of the rows each round sees."),
            .ratio("column_sample", 0.01...1, default: 1, "Share of the features each tree sees."),
            .number("l1", 0...1e9, default: 0, "Penalty on the absolute value of leaves."),
            .number("l2", 0...1e9, default: 0, "Penalty on the square of leaves."),
            .boolean("linear_trees", default: false, "Whether a leaf holds a linear model of the features split on."),
            .text("categories", "Features whose numbers 0, 1, 2 ... are names of kinds, separated by commas."),
            .integer(
                "early_stopping", 0...10_000, default: 0, unit: "rounds",
                "Rounds without a gain on the newest fifth of the rows that end the fit; 0 learns from all rows."),
            .path("library", "Path of lib_lightgbm.so; absent: where Python's package has it."),
        ]),
        outputs: [
            OutputColumn("value", unit: "", "The prediction, in the target's unit; with logistic the probability of 1.")
        ]
    ).weighing()

    private let trainer: LightGBMTrainer
    private let library: String?
    private let folder: String
    private static let format = SealedArtifact("LGBM", owner: LightGBMTrainer.owner)

    /// Finds linear trees with a loss that has none.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        guard (try? configuration.boolean("linear_trees")) == true, (try? configuration.text("loss")) == "absolute"
        else { return [] }
        return [
            ConfigurationFault(
                option: "linear_trees",
                "'linear_trees' is true with 'loss' absolute; allowed false. Remove it, or use 'loss: huber'.")
        ]
    }

    /// Takes the options; does no I/O and does not look for the library.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        var trainer = LightGBMTrainer()
        trainer.loss = LightGBMTrainer.Loss(rawValue: try configuration.text("loss")) ?? .squared
        trainer.rounds = try configuration.integer("rounds")
        trainer.leaves = try configuration.integer("leaves")
        trainer.maxDepth = try configuration.integer("max_depth")
        trainer.learningRate = try configuration.number("learning_rate")
        trainer.minLeaf = try configuration.integer("min_leaf")
        trainer.subsample = try configuration.number("subsample")
        trainer.columnSample = try configuration.number("column_sample")
        trainer.l1 = try configuration.number("l1")
        trainer.l2 = try configuration.number("l2")
        trainer.isLinear = try configuration.boolean("linear_trees")
        trainer.categories = configuration.has("categories") ? try configuration.text("categories") : ""
        trainer.patience = try configuration.integer("early_stopping")
        self.trainer = trainer
        library = configuration.has("library") ? context.resolve(try configuration.text("library")) : nil
        folder = context.baseDirectory
    }

    /// Throws `.environment` where the library is missing.
    public func probe() async throws(PluginError) { _ = try LightGBMLibrary(path: library, folder: folder) }

    /// Grows the trees; calls `context.checkpoint` before each round.
    public func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] {
        let library = try LightGBMLibrary(path: library, folder: folder)
        let (booster, rounds) = try trainer.fit(set, context: context, library: library)
        return Self.format.seal(try booster.save(rounds: rounds), features: set.features)
    }

    /// Makes a predictor; throws `.corrupted` for damaged bytes, `.badRequest` for an artifact of other features.
    public func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor {
        let text = try Self.format.open(artifact, features: features)
        let forest = try LeafForest(text, owner: LightGBMTrainer.owner)
        guard forest.featureCount == features.count else {
            throw Self.format.corrupted("compares \(forest.featureCount) features, not \(features.count)")
        }
        return LeafPredictor(forest: forest, outputs: Self.descriptor.outputs)
    }
}
