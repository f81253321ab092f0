import Glibc
package import PluginKit
import TabularModels

/// Trees of LightGBM, laid out for fast prediction; immutable, shared by all workers.
///
/// A node has 16 bytes, the children of one stand side by side, and a step is `left + (x <= threshold ? 0 : 1)`. A leaf steps
/// onto itself: its threshold is NaN and its `left` the place before it. So eight trees are walked side by side, all the same
/// number of steps. Leaves are added in tree order in double precision, as LightGBM adds, so sums are equal bit for bit.
package struct LeafForest: Sendable {
    private struct Node {
        /// Of a split by kinds the bits of where its words begin and of how many there are.
        var threshold: Double
        var left: UInt32
        /// Feature number; the top bit says that the split is by kinds.
        var feature: UInt32

        static let kindBit: UInt32 = 1 << 31
    }

    /// A leaf of a linear tree: its terms are `terms[first..<first + count]`.
    private struct Line {
        var constant: Double
        var first: Int
        var count: Int
    }

    /// Numbers a row.
    package let featureCount: Int
    private let isLogistic: Bool
    private var nodes: [Node] = []
    /// By place of the leaf.
    private var values: [Double] = []
    private var roots: [UInt32] = []
    private var depths: [Int] = []
    /// By place of the leaf; empty where no tree is linear.
    private var lines: [Line] = []
    private var terms: [(feature: Int, weight: Double)] = []
    private let hasLines: Bool
    /// Bits of the kinds that go left, for splits by kinds.
    private var words: [UInt32] = []

    private static let lanes = 8

    /// Checks the trees of a model's text and lays them out.
    package init(_ bytes: [UInt8], owner: String) throws(PluginError) {
        let text = try LightGBMText(bytes, owner: owner)
        featureCount = text.featureCount
        isLogistic = text.isLogistic
        hasLines = text.trees.contains { !$0.lines.isEmpty }
        for (number, tree) in text.trees.enumerated() {
            guard let depth = append(tree) else {
                throw PluginError(
                    .corrupted,
                    "\(owner): the model's tree \(number) has a split out of place. Fit the model again.")
            }
            if number % Self.lanes == 0 { depths.append(0) }
            depths[depths.count - 1] = max(depths[depths.count - 1], depth)
        }
        // Adding -0 changes no sum.
        while roots.count % Self.lanes != 0 { _ = append(LightGBMText.Tree(leaves: [-0.0])) }
    }

    /// Appends one tree level by level; returns its depth, or `nil` where an index is out of range or reached twice.
    private mutating func append(_ tree: LightGBMText.Tree) -> Int? {
        var isReached = [Bool](repeating: false, count: tree.left.count + tree.leaves.count)
        var level = [(source: tree.left.isEmpty ? -1 : 0, place: place())]
        roots.append(UInt32(level[0].place))
        var depth = -1
        while !level.isEmpty {
            depth += 1
            var below: [(source: Int, place: Int)] = []
            for (source, place) in level {
                let key = source < 0 ? tree.left.count + ~source : source
                guard key < isReached.count, source < tree.left.count, !isReached[key] else { return nil }
                isReached[key] = true
                guard source >= 0 else {
                    putLeaf(tree, ~source, at: place)
                    continue
                }
                guard tree.features[source] >= 0, tree.features[source] < featureCount else { return nil }
                let left = self.place()
                below += [(tree.left[source], left), (tree.right[source], self.place())]
                nodes[place] = Node(
                    threshold: tree.thresholds[source], left: UInt32(left), feature: UInt32(tree.features[source]))
                guard !tree.kinds[source].isEmpty else { continue }
                nodes[place].threshold = Double(
                    bitPattern: UInt64(words.count) << 32 | UInt64(tree.kinds[source].count))
                nodes[place].feature |= Node.kindBit
                words += tree.kinds[source]
            }
            level = below
        }
        return depth
    }

    private mutating func putLeaf(_ tree: LightGBMText.Tree, _ leaf: Int, at place: Int) {
        nodes[place] = Node(threshold: .nan, left: UInt32(place) &- 1, feature: 0)
        values[place] = tree.leaves[leaf]
        guard hasLines else { return }
        guard !tree.lines.isEmpty else {
            lines[place] = Line(constant: tree.leaves[leaf], first: 0, count: 0)
            return
        }
        let line = tree.lines[leaf]
        lines[place] = Line(constant: line.constant, first: terms.count, count: line.features.count)
        terms += zip(line.features, line.weights).map { (feature: $0, weight: $1) }
    }

    private mutating func place() -> Int {
        nodes.append(Node(threshold: .nan, left: 0, feature: 0))
        values.append(0)
        if hasLines { lines.append(Line(constant: 0, first: 0, count: 0)) }
        return nodes.count - 1
    }

    /// Predicts `output.count` rows of `featureCount` numbers, row-major; allocates nothing.
    package func predict(_ rows: Span<Double>, into output: inout MutableSpan<Double>) {
        precondition(rows.count == output.count * featureCount, "rows fill the output")
        rows.withUnsafeBufferPointer { rows in
            guard let start = rows.baseAddress else { return }
            for row in 0..<output.count {
                let place = start + row * featureCount
                let value = words.isEmpty ? sum(place, Self.step) : sum(place, stepByKinds)
                output[row] = isLogistic ? 1 / (1 + exp(-value)) : value
            }
        }
    }

    // The pointers are sound because `append` has checked every child and every feature of a reachable node.
    @inline(__always)
    private func sum(
        _ row: UnsafePointer<Double>,
        _ step: (UnsafePointer<Node>, UInt32, UnsafePointer<Double>) -> UInt32
    ) -> Double {
        var total = 0.0
        nodes.withUnsafeBufferPointer { nodes in
            roots.withUnsafeBufferPointer { roots in
                guard let nodes = nodes.baseAddress, var root = roots.baseAddress else { return }
                for depth in depths {
                    var (a, b, c, d) = (root[0], root[1], root[2], root[3])
                    var (e, f, g, h) = (root[4], root[5], root[6], root[7])
                    for _ in 0..<depth {
                        a = step(nodes, a, row)
                        b = step(nodes, b, row)
                        c = step(nodes, c, row)
                        d = step(nodes, d, row)
                        e = step(nodes, e, row)
                        f = step(nodes, f, row)
                        g = step(nodes, g, row)
                        h = step(nodes, h, row)
                    }
                    total = total + leaf(a, row) + leaf(b, row) + leaf(c, row) + leaf(d, row)
                    total = total + leaf(e, row) + leaf(f, row) + leaf(g, row) + leaf(h, row)
                    root += Self.lanes
                }
            }
        }
        return total
    }

    @inline(__always)
    private static func step(_ nodes: UnsafePointer<Node>, _ place: UInt32, _ row: UnsafePointer<Double>) -> UInt32 {
        let node = nodes[Int(place)]
        return node.left &+ (row[Int(node.feature)] <= node.threshold ? 0 : 1)
    }

    /// The same where some splits are by kinds: one that is no kind of the list goes right.
    @inline(__always)
    private func stepByKinds(
        _ nodes: UnsafePointer<Node>, _ place: UInt32, _ row: UnsafePointer<Double>
    ) -> UInt32 {
        let node = nodes[Int(place)]
        guard node.feature & Node.kindBit != 0 else { return Self.step(nodes, place, row) }
        let value = row[Int(node.feature & ~Node.kindBit)]
        let (first, count) = (node.threshold.bitPattern >> 32, node.threshold.bitPattern & 0xFFFF_FFFF)
        guard value > -1, value < Double(count * 32) else { return node.left &+ 1 }
        let kind = UInt64(max(value, 0))
        return node.left &+ (words[Int(first + kind / 32)] >> UInt32(kind % 32) & 1 == 1 ? 0 : 1)
    }

    @inline(__always)
    private func leaf(_ place: UInt32, _ row: UnsafePointer<Double>) -> Double {
        guard hasLines else { return values[Int(place)] }
        let line = lines[Int(place)]
        var value = line.constant
        for term in terms[line.first..<line.first + line.count] { value += term.weight * row[term.feature] }
        return value
    }
}

/// A fitted model, served without the library.
struct LeafPredictor: Predictor {
    let forest: LeafForest
    let outputs: [OutputColumn]

    func predict(
        _ input: Span<Double>, shape: TensorShape, into output: inout MutableSpan<Double>
    ) throws(PluginError) {
        try shape.checkTabular(
            width: forest.featureCount, input: input.count, output: output.count, owner: "model/gradient_boosting")
        forest.predict(input, into: &output)
    }
}
