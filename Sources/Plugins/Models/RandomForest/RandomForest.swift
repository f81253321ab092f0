public import PluginKit
import TabularModels
import TreeEnsembles
import XGBoostInterface

/// A random forest: trees on bootstrap samples and random features, grown by libxgboost, served without it.
///
/// - Task: regression of the target on the features, squared error; with labels 0 and 1 the mean of the trees is the
///   probability of 1.
/// - Input: `[batch, 1, feature]`, finite numbers, compared in single precision. Output: `[batch, value]`.
/// - Parameters: see `descriptor`.
/// - Cost: `fit` O(trees * rows * features * depth); `predict` O(trees * depth), allocates nothing.
/// - Seed: fixes rows and features of every tree. The same set, options, seed, thread count and library version give the same
///   bytes.
/// - Artifact: XGBoost's JSON model in an envelope with a checksum. `load` and `predict` need no library.
/// - Paper: L. Breiman, *Random Forests*, Machine Learning 45, 2001.
public struct RandomForest: Model {
    /// What the plugin is: `model/random_forest`.
    public static let descriptor = PluginDescriptor(
        kind: .model, name: "random_forest", summary: "Random forest on bootstrap samples (libxgboost).",
        schema: ConfigurationSchema([
            .integer("trees", 1...10_000, default: 100, unit: "trees", "Trees whose mean is the prediction."),
            .integer("max_depth", 1...16, default: 8, unit: "levels", "Depth a tree may reach."),
            .integer(
                "min_leaf", 1...1_000_000, default: 5, unit: "rows", "Rows of its sample a leaf must hold at least."),
            .ratio("column_sample", 0.01...1, default: 0.5, "Share of the features each split chooses from."),
            .path("library", "Path of libxgboost.so; absent: beside the executable, then the system's."),
        ]),
        outputs: [OutputColumn("value", unit: "", "The prediction, in the target's unit.")]
    ).weighing()

    private let trainer: RandomForestTrainer
    private let library: String?
    private static let owner = "model/random_forest"
    private static let format = SealedArtifact("FOREST", owner: owner)

    /// Takes the options; does no I/O and does not look for the library.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        trainer = RandomForestTrainer(
            trees: try configuration.integer("trees"), maxDepth: try configuration.integer("max_depth"),
            minLeaf: try configuration.integer("min_leaf"), columnSample: try configuration.number("column_sample"))
        library = configuration.has("library") ? context.resolve(try configuration.text("library")) : nil
    }

    /// Throws `.environment` where the library is missing.
    public func probe() async throws(PluginError) { _ = try XGBoostLibrary(owner: Self.owner, path: library) }

    /// Grows the trees; calls `context.checkpoint` before each.
    public func fit(_ set: TrainingSet, context: FitContext) async throws(PluginError) -> [UInt8] {
        let library = try XGBoostLibrary(owner: Self.owner, path: library)
        let model = try trainer.fit(set, context: context, library: library).save()
        return Self.format.seal(model, features: set.features)
    }

    /// Makes a predictor; throws `.corrupted` for damaged bytes, `.badRequest` for an artifact of other features.
    public func load(_ artifact: [UInt8], features: [String]) throws(PluginError) -> any Predictor {
        let document = try XGBoostDocument(try Self.format.open(artifact, features: features), owner: Self.owner)
        guard document.forest.featureCount == features.count else {
            throw Self.format.corrupted("compares \(document.forest.featureCount) features, not \(features.count)")
        }
        return ForestPredictor(forest: document.forest, outputs: Self.descriptor.outputs, owner: "model/random_forest")
    }
}
