import PluginKit

/// Lays checked trees out for evaluation: breadth-first, siblings side by side, in blocks of `laneCount` trees.
struct ForestLayout {
    /// Trees that are walked side by side.
    static let laneCount = 8
    private static let maximumDepth = 1_024
    private static let maximumNodeCount = 1 << 28

    private(set) var nodes: [ForestNode] = []
    /// Places of the roots; padded to whole blocks.
    private(set) var roots: [UInt32] = []
    /// Depth of the deepest tree of each block.
    private(set) var depths: [Int] = []

    private let owner: String
    private let featureCount: Int

    init(_ trees: [DecisionTree], featureCount: Int, owner: String) throws(PluginError) {
        self.owner = owner
        self.featureCount = featureCount
        for (number, tree) in trees.enumerated() {
            let depth = try append(tree, number: number)
            if number % Self.laneCount == 0 { depths.append(0) }
            depths[depths.count - 1] = max(depths[depths.count - 1], depth)
        }
        while roots.count % Self.laneCount != 0 { appendNeutralTree() }
    }

    /// Fills a block. Adding -0 changes no sum, not even that of zeros.
    private mutating func appendNeutralTree() {
        roots.append(UInt32(nodes.count))
        nodes.append(.leaf(value: -0.0, at: UInt32(nodes.count)))
    }

    /// Appends one tree level by level; returns its depth.
    private mutating func append(_ tree: DecisionTree, number: Int) throws(PluginError) -> Int {
        try checkLengths(tree, number: number)
        var isPlaced = [Bool](repeating: false, count: tree.count)
        isPlaced[0] = true
        var level = [(source: 0, place: nodes.count)]
        roots.append(UInt32(nodes.count))
        nodes.append(.leaf(value: 0, at: 0))
        var depth = 0
        while true {
            var below: [(source: Int, place: Int)] = []
            for item in level {
                guard tree.leftChildren[item.source] >= 0 else {
                    nodes[item.place] = try leaf(tree, number: number, item.source, at: item.place)
                    continue
                }
                let children = try self.children(tree, number: number, of: item.source, isPlaced: &isPlaced)
                nodes[item.place] = try split(tree, number: number, item.source, left: nodes.count)
                below.append((children.left, nodes.count))
                below.append((children.right, nodes.count + 1))
                nodes.append(.leaf(value: 0, at: 0))
                nodes.append(.leaf(value: 0, at: 0))
            }
            if below.isEmpty { return depth }
            depth += 1
            guard depth <= Self.maximumDepth else {
                throw fault(number, "is deeper than \(Self.maximumDepth) levels")
            }
            level = below
        }
    }

    private func leaf(
        _ tree: DecisionTree, number: Int, _ source: Int, at place: Int
    ) throws(PluginError) -> ForestNode {
        let value = tree.thresholds[source]
        guard value.isFinite else { throw fault(number, "has a leaf, node \(source), whose value is \(value)") }
        return .leaf(value: value, at: UInt32(place))
    }

    private func split(
        _ tree: DecisionTree, number: Int, _ source: Int, left: Int
    ) throws(PluginError) -> ForestNode {
        let threshold = tree.thresholds[source]
        guard !threshold.isNaN else { throw fault(number, "compares with NaN at node \(source)") }
        let feature = Int(tree.features[source])
        guard feature >= 0 && feature < featureCount else {
            throw fault(number, "asks for feature \(feature) at node \(source); there are \(featureCount)")
        }
        let isLeft = tree.defaultsLeft[source]
        return ForestNode(
            threshold: threshold, value: 0, left: UInt32(left),
            feature: UInt32(feature) | (isLeft ? ForestNode.defaultLeftBit : 0))
    }

    /// Returns the children of a split and marks them; a node that is a child twice would make a cycle.
    private func children(
        _ tree: DecisionTree, number: Int, of source: Int, isPlaced: inout [Bool]
    ) throws(PluginError) -> (left: Int, right: Int) {
        let left = Int(tree.leftChildren[source])
        let right = Int(tree.rightChildren[source])
        for child in [left, right] {
            guard child >= 0 && child < tree.count else {
                throw fault(number, "has a child \(child) at node \(source); there are \(tree.count) nodes")
            }
            guard !isPlaced[child] else { throw fault(number, "reaches node \(child) twice") }
            isPlaced[child] = true
        }
        return (left, right)
    }

    private func checkLengths(_ tree: DecisionTree, number: Int) throws(PluginError) {
        let lengths = [
            tree.rightChildren.count, tree.features.count, tree.thresholds.count, tree.defaultsLeft.count,
        ]
        guard tree.count > 0 else { throw fault(number, "has no nodes") }
        guard lengths.allSatisfy({ $0 == tree.count }) else {
            throw fault(number, "has \(tree.count) nodes and arrays of \(lengths) entries; all must agree")
        }
        guard nodes.count + tree.count < Self.maximumNodeCount else {
            throw fault(number, "makes the forest larger than \(Self.maximumNodeCount) nodes")
        }
    }

    private func fault(_ tree: Int, _ what: String) -> PluginError {
        PluginError(.corrupted, "\(owner): the model's tree \(tree) \(what). Fit the model again.")
    }
}
