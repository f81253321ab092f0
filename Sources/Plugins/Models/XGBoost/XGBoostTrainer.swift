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
    package var loss = BoostingLoss.Kind.squared
    /// The share of outcomes below the prediction, of `quantile`.
    package var quantile = 0.5
    /// Features with which the prediction never falls, and never rises; separated by commas.
    package var increasing = ""
    package var decreasing = ""
    /// Rounds without a better loss over the watched rows that end the growing; 0 for never.
    package var patience = 0

    static let owner = "model/xgboost"

    /// Creates a trainer with the defaults of the options.
    package init() {}

    /// Grows the model; returns it as XGBoost's JSON, the same bytes for the same set, options, seed and library.
    ///
    /// Calls `context.checkpoint` before each round; when it throws, nothing is left behind. With `patience` the newest fifth of
    /// the rows is watched, the rounds that did best there are kept, and how many is reported as `rounds`.
    package func fit(
        _ set: TrainingSet, context: FitContext, library: XGBoostLibrary
    ) throws(PluginError) -> [UInt8] {
        try check(set)
        let first = patience > 0 ? set.firstWatched : set.count
        let learned = set.rows(0..<first)
        let loss = try loss(learned, context)
        let booster = try booster(learned, loss, context, library)
        var watch =
            first < set.count
            ? WatchedRows(
                matrix: try XGBoostMatrix(library, set.rows(first..<set.count)),
                loss: try self.loss(set.rows(first..<set.count), context)) : nil
        for round in 0..<rounds {
            try context.checkpoint(Double(round) / Double(rounds))
            try grow(booster, loss, round: round)
            if let idle = try watch?.look(at: booster, after: round + 1), idle >= patience { break }
        }
        try context.checkpoint(1)
        guard let best = watch?.best else { return try booster.save() }
        context.report("rounds", Double(best.rounds))
        return try booster.first(best.rounds).save()
    }

    /// Makes a booster over the set that has not learned yet; for the squared error.
    package func booster(
        _ set: TrainingSet, context: FitContext, library: XGBoostLibrary
    ) throws(PluginError) -> XGBoostBooster {
        try check(set)
        return try booster(set, try loss(set, context), context, library)
    }

    /// The library holds numbers in single precision.
    private func check(_ set: TrainingSet) throws(PluginError) {
        try set.checkTabular(owner: Self.owner, limit: Double(Float.greatestFiniteMagnitude))
    }

    private func loss(_ set: TrainingSet, _ context: FitContext) throws(PluginError) -> BoostingLoss {
        try BoostingLoss(loss, quantile: quantile, set, seed: context.seed, owner: Self.owner)
    }

    private func grow(_ booster: XGBoostBooster, _ loss: BoostingLoss, round: Int) throws(PluginError) {
        guard self.loss != .squared else { return try booster.update(round: round) }
        let margins = try booster.margins(of: booster.matrix)
        guard let (slopes, bends) = loss.derivatives(margins, round: round) else { return }
        try booster.boost(slopes: slopes, bends: bends)
    }

    private func booster(
        _ set: TrainingSet, _ loss: BoostingLoss, _ context: FitContext, _ library: XGBoostLibrary
    ) throws(PluginError) -> XGBoostBooster {
        let booster = try XGBoostBooster(
            library, over: try XGBoostMatrix(library, set),
            parameters: parameters(context, loss) + (try constraints(set)))
        try booster.setFeatureNames(set.features)
        return booster
    }

    /// The options in the library's words. The base is given, not left to the library: versions before 2.0 start from 0.5.
    private func parameters(_ context: FitContext, _ loss: BoostingLoss) -> [(name: String, value: String)] {
        [
            ("verbosity", "0"), ("booster", "gbtree"), ("objective", "reg:squarederror"), ("tree_method", "hist"),
            ("base_score", "\(Float(loss.base))"), ("max_depth", "\(maxDepth)"), ("eta", "\(learningRate)"),
            ("min_child_weight", "\(minChildWeight / loss.spread)"), ("subsample", "\(subsample)"),
            ("colsample_bytree", "\(columnSample)"), ("alpha", "\(l1)"), ("lambda", "\(l2 / loss.spread)"),
            ("gamma", "\(gamma)"),
            ("num_parallel_tree", "\(treesPerRound)"), ("nthread", "\(max(1, context.threads))"),
            ("seed", "\(Self.librarySeed(context.seed))"),
        ]
    }

    /// Which way the prediction may go with each feature; nothing where it may go any way.
    private func constraints(_ set: TrainingSet) throws(PluginError) -> [(name: String, value: String)] {
        var ways = [Int](repeating: 0, count: set.features.count)
        for place in try set.columns(named: increasing, option: "increasing", owner: Self.owner) { ways[place] = 1 }
        for place in try set.columns(named: decreasing, option: "decreasing", owner: Self.owner) {
            guard ways[place] == 0 else {
                throw PluginError(
                    .configuration,
                    "\(Self.owner): \(PluginError.quoted(set.features[place])) is in both 'increasing' and 'decreasing'. "
                        + "Remove it from one of them.")
            }
            ways[place] = -1
        }
        guard ways.contains(where: { $0 != 0 }) else { return [] }
        return [("monotone_constraints", "(\(ways.map { "\($0)" }.joined(separator: ",")))")]
    }

    /// Folds a seed into the 31 bits the library takes.
    static func librarySeed(_ seed: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: seed ^ seed >> 31 ^ seed >> 62) & 0x7FFF_FFFF
    }
}

/// The rows that a fit is watched on, and how many rounds did best there.
private struct WatchedRows {
    let matrix: XGBoostMatrix
    let loss: BoostingLoss
    private(set) var best = (loss: Double.infinity, rounds: 1)

    /// Looks at what has grown; returns how many rounds came since the best.
    mutating func look(at booster: XGBoostBooster, after rounds: Int) throws(PluginError) -> Int {
        let found = loss.value(try booster.margins(of: matrix))
        if found < best.loss { best = (found, rounds) }
        return rounds - best.rounds
    }
}
