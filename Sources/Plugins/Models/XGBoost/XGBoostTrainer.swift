package import PluginKit
import TabularModels
package import XGBoostInterface

/// How trees are grown: checked options of the plugin.
package struct XGBoostTrainer: Sendable {
    package var rounds = 100
    package var maxDepth = 6
    package var learningRate = 0.3
    package var minChildWeight = 1.0
    package var subsample = 1.0
    package var columnSample = 1.0
    package var l1 = 0.0
    package var l2 = 1.0
    package var gamma = 0.0
    package var treesPerRound = 1

    /// Creates a trainer with the defaults of the options.
    package init() {}

    /// Grows the model; returns it as XGBoost's JSON, the same bytes for the same set, options, seed and library.
    ///
    /// Calls `context.checkpoint` before each round; when it throws, nothing is left behind.
    package func fit(
        _ set: TrainingSet, context: FitContext, library: XGBoostLibrary
    ) throws(PluginError) -> [UInt8] {
        let booster = try booster(set, context: context, library: library)
        for round in 0..<rounds {
            try context.checkpoint(Double(round) / Double(rounds))
            try booster.update(round: round)
        }
        try context.checkpoint(1)
        return try booster.save()
    }

    /// Makes a booster over the set that has not learned yet.
    package func booster(
        _ set: TrainingSet, context: FitContext, library: XGBoostLibrary
    ) throws(PluginError) -> XGBoostBooster {
        // The library holds numbers in single precision.
        try set.checkTabular(owner: "model/xgboost", limit: Double(Float.greatestFiniteMagnitude))
        let mean = set.labels.reduce(0, +) / Double(set.count)
        let booster = try XGBoostBooster(
            library, values: set.values.map { Float($0) }, width: set.features.count,
            labels: set.labels.map { Float($0) }, parameters: parameters(context, base: Float(mean)))
        try booster.setFeatureNames(set.features)
        return booster
    }

    /// The options in the library's words. The base is given, not left to the library: versions before 2.0 start from 0.5.
    private func parameters(_ context: FitContext, base: Float) -> [(name: String, value: String)] {
        [
            ("verbosity", "0"), ("booster", "gbtree"), ("objective", "reg:squarederror"), ("tree_method", "hist"),
            ("base_score", "\(base)"), ("max_depth", "\(maxDepth)"), ("eta", "\(learningRate)"),
            ("min_child_weight", "\(minChildWeight)"), ("subsample", "\(subsample)"),
            ("colsample_bytree", "\(columnSample)"), ("alpha", "\(l1)"), ("lambda", "\(l2)"), ("gamma", "\(gamma)"),
            ("num_parallel_tree", "\(treesPerRound)"), ("nthread", "\(max(1, context.threads))"),
            ("seed", "\(Self.librarySeed(context.seed))"),
        ]
    }

    /// Folds a seed into the 31 bits the library takes.
    static func librarySeed(_ seed: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: seed ^ seed >> 31 ^ seed >> 62) & 0x7FFF_FFFF
    }
}
