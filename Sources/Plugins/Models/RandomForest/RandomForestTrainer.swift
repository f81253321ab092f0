package import PluginKit
import TabularModels
package import XGBoostInterface

/// Grows a forest in one booster: each round is one tree on the derivatives of the squared error at the mean of the labels,
/// times how often the tree's bootstrap sample has each row. No tree sees what the others left, so none corrects another.
package struct RandomForestTrainer: Sendable {
    package var trees = 100
    package var maxDepth = 8
    package var minLeaf = 5
    package var columnSample = 0.5

    /// Takes checked options.
    package init(trees: Int = 100, maxDepth: Int = 8, minLeaf: Int = 5, columnSample: Double = 0.5) {
        self.trees = trees
        self.maxDepth = maxDepth
        self.minLeaf = minLeaf
        self.columnSample = columnSample
    }

    /// Grows the trees; calls `context.checkpoint` before each.
    package func fit(
        _ set: TrainingSet, context: FitContext, library: XGBoostLibrary
    ) throws(PluginError) -> XGBoostBooster {
        try set.checkTabular(owner: "model/random_forest", limit: Double(Float.greatestFiniteMagnitude))
        let base = Float(set.labels.reduce(0) { $0 + $1 / Double(set.count) })
        let labels = set.labels.map { Float($0) }
        let booster = try XGBoostBooster(
            library, values: set.values.map { Float($0) }, width: set.features.count, labels: labels,
            parameters: parameters(context, base: base))
        try booster.setFeatureNames(set.features)
        var sample = BootstrapSample(seed: context.seed, rows: set.count)
        for tree in 0..<trees {
            try context.checkpoint(Double(tree) / Double(trees))
            let counts = sample.next()
            try booster.boost(slopes: zip(counts, labels).map { $0 * (base - $1) }, bends: counts)
        }
        try context.checkpoint(1)
        return booster
    }

    /// A step of `1 / trees` from each tree makes the sum their mean.
    private func parameters(_ context: FitContext, base: Float) -> [(name: String, value: String)] {
        [
            ("verbosity", "0"), ("booster", "gbtree"), ("objective", "reg:squarederror"), ("tree_method", "hist"),
            ("base_score", "\(base)"), ("max_depth", "\(maxDepth)"), ("eta", "\(1 / Double(trees))"),
            ("min_child_weight", "\(minLeaf)"), ("colsample_bynode", "\(columnSample)"), ("alpha", "0"),
            ("lambda", "0"),
            ("gamma", "0"), ("nthread", "\(max(1, context.threads))"), ("seed", "\(context.seed & 0x7FFF_FFFF)"),
        ]
    }
}

/// Draws as many rows as there are, with replacement, and gives how often each was drawn.
struct BootstrapSample {
    private var state: UInt64
    private let rows: Int

    init(seed: UInt64, rows: Int) {
        state = seed
        self.rows = rows
    }

    mutating func next() -> [Float] {
        var counts = [Float](repeating: 0, count: rows)
        for _ in 0..<rows { counts[Int(((number() >> 32) * UInt64(rows)) >> 32)] += 1 }
        return counts
    }

    /// SplitMix64.
    private mutating func number() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
