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
    /// Features whose numbers are names of kinds, separated by commas.
    package var categories = ""
    /// Rounds without a better loss over the watched rows that end the growing; 0 for never.
    package var patience = 0

    static let owner = "model/gradient_boosting"

    /// Creates a trainer with the defaults of the options.
    package init() {}

    /// Grows the model; returns the booster and how many rounds of it to keep, -1 for all.
    package func fit(
        _ set: TrainingSet, context: FitContext, library: LightGBMLibrary
    ) throws(PluginError) -> (booster: LightGBMBooster, rounds: Int) {
        try set.checkTabular(owner: Self.owner, limit: Double(Float.greatestFiniteMagnitude))
        if loss == .logistic { try set.checkClasses(owner: Self.owner) }
        let categories = try categories(of: set)
        let learned = patience > 0 ? set.firstWatched : set.count
        let isWatched = learned < set.count
        let booster = try LightGBMBooster(
            library, learned: set.rows(0..<learned), watched: isWatched ? set.rows(learned..<set.count) : nil,
            parameters: parameters(context, categories))
        var best = (loss: Double.infinity, rounds: 1)
        for round in 0..<rounds {
            try context.checkpoint(Double(round) / Double(rounds))
            if try booster.update() { break }
            guard isWatched else { continue }
            let loss = try booster.watchedLoss()
            if loss < best.loss { best = (loss, round + 1) }
            if round + 1 - best.rounds >= patience { break }
        }
        try context.checkpoint(1)
        if isWatched { context.report("rounds", Double(best.rounds)) }
        return (booster, isWatched ? best.rounds : -1)
    }

    /// The columns whose numbers are names of kinds; throws `.badRequest` for numbers that are none.
    private func categories(of set: TrainingSet) throws(PluginError) -> [Int] {
        let columns = try set.columns(named: categories, option: "categories", owner: Self.owner)
        let width = set.features.count
        for column in columns {
            for row in 0..<set.count where !Self.isKind(set.values[row * width + column]) {
                throw PluginError(
                    .badRequest,
                    "\(Self.owner): '\(set.features[column])' of training row \(row) is \(set.values[row * width + column]); "
                        + "allowed in 'categories' are whole numbers 0...\(LightGBMText.mostKinds - 1). Remove it there."
                )
            }
        }
        return columns
    }

    private static func isKind(_ value: Double) -> Bool {
        value >= 0 && value < Double(LightGBMText.mostKinds) && value == value.rounded()
    }

    private func parameters(_ context: FitContext, _ categories: [Int]) -> String {
        let (objective, metric) = loss.objective
        let kinds =
            categories.isEmpty ? [] : [("categorical_feature", categories.map { "\($0)" }.joined(separator: ","))]
        return
            (kinds + [
                ("verbosity", "-1"), ("objective", objective), ("metric", metric), ("num_leaves", "\(leaves)"),
                ("max_depth", "\(maxDepth == 0 ? -1 : maxDepth)"), ("learning_rate", "\(learningRate)"),
                ("min_data_in_leaf", "\(minLeaf)"), ("bagging_fraction", "\(subsample)"),
                ("bagging_freq", subsample < 1 ? "1" : "0"), ("feature_fraction", "\(columnSample)"),
                ("lambda_l1", "\(l1)"),
                ("lambda_l2", "\(l2)"), ("linear_tree", isLinear ? "true" : "false"), ("deterministic", "true"),
                ("force_row_wise", "true"), ("num_threads", "\(max(1, context.threads))"),
                ("seed", "\(context.seed & 0x3FFF_FFFF)"),
            ]).map { "\($0.0)=\($0.1)" }.joined(separator: " ")
    }
}
