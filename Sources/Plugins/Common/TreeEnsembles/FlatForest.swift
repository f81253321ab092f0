import Glibc
public import PluginKit

/// A sum of regression trees, laid out for fast prediction; immutable, shared by all workers.
///
/// A prediction is `transform(base + tree 0 + tree 1 + ...)`, added in this order in single precision, as libxgboost adds,
/// so it equals the library's bit for bit. A feature that is NaN is missing and goes the way the tree learned.
///
/// ```swift
/// let forest = try XGBoostDocument(bytes, owner: "model/xgboost").forest
/// forest.predict(rows.span, into: &predictions)      // rows of forest.featureCount numbers
/// ```
public struct FlatForest: Sendable {
    /// What is done with the sum.
    public enum Transform: Sendable, Hashable {
        /// Nothing.
        case identity
        /// The logistic function, as libxgboost computes it.
        case logistic
    }

    /// Numbers a row.
    public let featureCount: Int
    /// Trees.
    public let treeCount: Int
    /// What the sum starts from, in the sum's own unit.
    public let base: Float
    /// What is done with the sum.
    public let transform: Transform

    let nodes: [ForestNode]
    let roots: [UInt32]
    let depths: [Int]

    /// Checks the trees and lays them out.
    ///
    /// - Parameter owner: who the model belongs to, `kind/id`; begins every message.
    /// - Throws: `.corrupted` where an index is out of range, a node is reached twice, lengths differ or a number that
    ///   matters is not one.
    public init(
        _ trees: [DecisionTree], featureCount: Int, base: Float = 0, transform: Transform = .identity, owner: String
    ) throws(PluginError) {
        guard featureCount > 0 && featureCount <= 1 << 24 else {
            throw PluginError(
                .corrupted, "\(owner): the model has \(featureCount) features; allowed 1...\(1 << 24). Fit it again.")
        }
        guard base.isFinite else {
            throw PluginError(.corrupted, "\(owner): the model's base score is \(base). Fit the model again.")
        }
        let layout = try ForestLayout(trees, featureCount: featureCount, owner: owner)
        self.featureCount = featureCount
        self.base = base
        self.transform = transform
        treeCount = trees.count
        nodes = layout.nodes
        roots = layout.roots
        depths = layout.depths
    }

    /// Predicts one row of `featureCount` numbers; allocates nothing.
    public func predict(_ row: Span<Float>) -> Float {
        precondition(row.count == featureCount, "a row has featureCount numbers")
        return row.withUnsafeBufferPointer { row in row.baseAddress.map { predict($0) } ?? base }
    }

    /// Predicts one row of `featureCount` numbers, rounded to single precision; allocates nothing.
    public func predict(_ row: Span<Double>) -> Float {
        precondition(row.count == featureCount, "a row has featureCount numbers")
        return row.withUnsafeBufferPointer { row in row.baseAddress.map { predict($0) } ?? base }
    }

    /// Predicts `output.count` rows of `featureCount` numbers, row-major; allocates nothing.
    public func predict(_ rows: Span<Double>, into output: inout MutableSpan<Double>) {
        precondition(rows.count == output.count * featureCount, "rows fill the output")
        rows.withUnsafeBufferPointer { rows in
            guard let start = rows.baseAddress else { return }
            for row in 0..<output.count { output[row] = Double(predict(start + row * featureCount)) }
        }
    }

    @inline(__always)
    private func predict(_ row: UnsafePointer<some FeatureNumber>) -> Float {
        let margin = sum(row)
        switch transform {
        case .identity: return margin
        case .logistic: return Self.logistic(margin)
        }
    }

    /// The logistic function with libxgboost's guard against overflow.
    static func logistic(_ margin: Float) -> Float {
        1 / (expf(min(-margin, 88.7)) + 1 + 1e-16)
    }
}
