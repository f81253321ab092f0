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

    /// Grows the trees; calls `context.checkpoint` before each, and reports the error over rows that a tree has not seen.
    package func fit(
        _ set: TrainingSet, context: FitContext, library: XGBoostLibrary
    ) throws(PluginError) -> XGBoostBooster {
        try set.checkTabular(owner: "model/random_forest", limit: Double(Float.greatestFiniteMagnitude))
        let base = Float(set.meanLabel)
        let labels = set.labels.map { Float($0) }
        let booster = try XGBoostBooster(
            library, over: try XGBoostMatrix(library, set), parameters: parameters(context, base: base))
        try booster.setFeatureNames(set.features)
        var sample = BootstrapSample(seed: context.seed, rows: set.count)
        var unseen = UnseenRows(base: base, rows: set.count, trees: trees)
        for tree in 0..<trees {
            try context.checkpoint(Double(tree) / Double(trees))
            let counts = sample.next()
            let bends = set.weights.isEmpty ? counts : zip(counts, set.weights).map { $0 * Float($1) }
            try booster.boost(slopes: zip(bends, labels).map { $0 * (base - $1) }, bends: bends)
            unseen.add(try booster.margins(of: booster.matrix), counts: counts)
        }
        if let error = unseen.error(set) {
            context.report("out_of_bag_error", error.squared)
            if let share = error.r2 { context.report("out_of_bag_r2", share) }
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
    private var numbers: SplitMix
    private let rows: Int

    init(seed: UInt64, rows: Int) {
        numbers = SplitMix(seed: seed)
        self.rows = rows
    }

    mutating func next() -> [Float] {
        var counts = [Float](repeating: 0, count: rows)
        for _ in 0..<rows { counts[numbers.next(below: rows)] += 1 }
        return counts
    }
}

/// What the trees say of rows that are not in their sample: the forest's error without a test of its own.
struct UnseenRows {
    private let base: Float
    private let trees: Float
    /// Sums of the trees so far, for each row.
    private var sums: [Float]
    private var said: [Float]
    private var times: [Float]

    init(base: Float, rows: Int, trees: Int) {
        (self.base, self.trees) = (base, Float(trees))
        sums = [Float](repeating: base, count: rows)
        said = [Float](repeating: 0, count: rows)
        times = said
    }

    /// Takes the sums after a tree, and how often the tree's sample has each row.
    mutating func add(_ sums: [Float], counts: [Float]) {
        for row in sums.indices where counts[row] == 0 {
            said[row] += (sums[row] - self.sums[row]) * trees
            times[row] += 1
        }
        self.sums = sums
    }

    /// The mean squared error over rows that a tree has not seen, and its share in the variance taken from 1; `nil` where every
    /// tree has seen every row.
    func error(_ set: TrainingSet) -> (squared: Double, r2: Double?)? {
        var (residual, total, weight) = (0.0, 0.0, 0.0)
        let mean = set.meanLabel
        for row in 0..<set.count where times[row] > 0 {
            let error = set.labels[row] - Double(base + said[row] / times[row])
            residual += set.weight(row) * error * error
            total += set.weight(row) * (set.labels[row] - mean) * (set.labels[row] - mean)
            weight += set.weight(row)
        }
        guard weight > 0 else { return nil }
        return (residual / weight, total > 0 ? 1 - residual / total : nil)
    }
}
