package import PluginKit
import TabularModels

/// How trees are grown: checked options of the plugin.
package struct LightGBMTrainer: Sendable {
    /// What is made small, and what LightGBM calls it.
    package enum Loss: String, CaseIterable, Sendable {
        case squared, absolute, huber, logistic

        var objective: (name: String, metric: String) {
            switch self {
            case .squared: ("regression", "l2")
            case .absolute: ("regression_l1", "l1")
            case .huber: ("huber", "huber")
            case .logistic: ("binary", "binary_logloss")
            }
        }
    }

    package var loss = Loss.squared
    package var rounds = 100
    package var leaves = 31
    package var maxDepth = 0
    package var learningRate = 0.1
    package var minLeaf = 20
    package var subsample = 1.0
    package var columnSample = 1.0
    package var l1 = 0.0
    package var l2 = 0.0
    package var isLinear = false
    /// Rounds without a better loss over the watched rows that end the growing; 0 for never.
    package var patience = 0

    static let owner = "model/gradient_boosting"
    /// The newest rows of a set are watched where growing may end early: this share.
    private static let watchedShare = 0.2

    /// Creates a trainer with the defaults of the options.
    package init() {}

    /// Grows the model; returns the booster and how many rounds of it to keep, -1 for all.
    package func fit(
        _ set: TrainingSet, context: FitContext, library: LightGBMLibrary
    ) throws(PluginError) -> (booster: LightGBMBooster, rounds: Int) {
        try set.checkTabular(owner: Self.owner, limit: Double(Float.greatestFiniteMagnitude))
        if loss == .logistic { try set.checkClasses(owner: Self.owner) }
        let watched = patience > 0 ? Int(Double(set.count) * Self.watchedShare) : 0
        let learned = set.count - watched
        let booster = try LightGBMBooster(
            library, learned: .init(set, 0..<learned), watched: watched > 0 ? .init(set, learned..<set.count) : nil,
            width: set.features.count, parameters: parameters(context))
        var best = (loss: Double.infinity, rounds: 1)
        for round in 0..<rounds {
            try context.checkpoint(Double(round) / Double(rounds))
            if try booster.update() { break }
            guard watched > 0 else { continue }
            let loss = try booster.watchedLoss()
            if loss < best.loss { best = (loss, round + 1) }
            if round + 1 - best.rounds >= patience { break }
        }
        try context.checkpoint(1)
        return (booster, watched > 0 ? best.rounds : -1)
    }

    private func parameters(_ context: FitContext) -> String {
        let (objective, metric) = loss.objective
        return [
            ("verbosity", "-1"), ("objective", objective), ("metric", metric), ("num_leaves", "\(leaves)"),
            ("max_depth", "\(maxDepth == 0 ? -1 : maxDepth)"), ("learning_rate", "\(learningRate)"),
            ("min_data_in_leaf", "\(minLeaf)"), ("bagging_fraction", "\(subsample)"),
            ("bagging_freq", subsample < 1 ? "1" : "0"), ("feature_fraction", "\(columnSample)"),
            ("lambda_l1", "\(l1)"),
            ("lambda_l2", "\(l2)"), ("linear_tree", isLinear ? "true" : "false"), ("deterministic", "true"),
            ("force_row_wise", "true"), ("num_threads", "\(max(1, context.threads))"),
            ("seed", "\(context.seed & 0x3FFF_FFFF)"),
        ].map { "\($0.0)=\($0.1)" }.joined(separator: " ")
    }
}
