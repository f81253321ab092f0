import PluginKit

/// A model in LightGBM's text form (version 4), read without the library.
///
/// Read are models with one output and splits by numbers or kinds: `regression`, `regression_l1`, `huber`, `binary`; linear trees too. What
/// else the format allows is refused by name with `.unsupported`; text that contradicts itself with `.corrupted`.
struct LightGBMText {
    /// One tree; a child below 0 is the leaf `~child`.
    struct Tree {
        var features: [Int] = []
        var thresholds: [Double] = []
        /// For each split by kinds a bit for each kind that goes left, 32 a word; empty for splits by numbers.
        var kinds: [[UInt32]] = []
        var left: [Int] = []
        var right: [Int] = []
        var leaves: [Double] = []
        /// For each leaf of a linear tree: a constant, features and weights; empty for other trees.
        var lines: [(constant: Double, features: [Int], weights: [Double])] = []
    }

    /// Kinds that a feature may have.
    static let mostKinds = 1_024

    private(set) var trees: [Tree] = []
    private(set) var featureCount = 0
    private(set) var isLogistic = false
    private let owner: String

    init(_ bytes: [UInt8], owner: String) throws(PluginError) {
        self.owner = owner
        var fields: [Substring: Substring] = [:]
        var isHead = true
        var hasEnd = false
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let sides = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            hasEnd = line == "end of trees"
            if hasEnd || sides[0] == "Tree" {
                if isHead { try readHead(fields) } else { trees.append(try tree(fields)) }
                if hasEnd { break }
                (isHead, fields) = (false, [:])
            } else if sides.count == 2 {
                fields[sides[0]] = sides[1]
            }
        }
        guard hasEnd, !trees.isEmpty else { throw fault("ends before 'end of trees'") }
    }

    private mutating func readHead(_ fields: [Substring: Substring]) throws(PluginError) {
        guard fields["version"] == "v4" else { throw unsupported("version", fields["version"], "v4") }
        guard fields["num_class"] == "1", fields["num_tree_per_iteration"] == "1" else {
            throw unsupported("num_class", fields["num_class"], "1: one output")
        }
        let objective = fields["objective"]?.split(separator: " ").first
        switch objective {
        case "regression", "regression_l1", "huber": isLogistic = false
        case "binary" where fields["objective"] == "binary sigmoid:1": isLogistic = true
        default:
            throw unsupported("objective", fields["objective"], "regression, regression_l1, huber, binary sigmoid:1")
        }
        guard let last = fields["max_feature_idx"].flatMap({ Int($0) }), last >= 0, last < 1 << 24 else {
            throw fault("has no 'max_feature_idx'")
        }
        featureCount = last + 1
    }

    private func tree(_ fields: [Substring: Substring]) throws(PluginError) -> Tree {
        var tree = Tree()
        tree.leaves = try numbers(fields, "leaf_value")
        guard tree.leaves.count >= 1, fields["num_leaves"] == "\(tree.leaves.count)" else {
            throw fault("names another 'num_leaves' than it has")
        }
        if tree.leaves.count > 1 {
            tree.features = try integers(fields, "split_feature")
            tree.thresholds = try numbers(fields, "threshold")
            tree.left = try integers(fields, "left_child")
            tree.right = try integers(fields, "right_child")
            // Bits: by kinds, missing goes left, what is missing (0 nothing, 1 zeros, 2 NaN).
            let decisions = try integers(fields, "decision_type")
            guard decisions.allSatisfy({ $0 & 1 == 1 || $0 >> 2 & 3 != 1 }) else {
                throw unsupported("decision_type", fields["decision_type"], "zeros not missing")
            }
            tree.kinds = try kinds(fields, decisions.map { $0 & 1 == 1 }, tree.thresholds)
        }
        if fields["is_linear"] == "1" { tree.lines = try lines(fields, count: tree.leaves.count) }
        let lengths = [
            tree.features.count, tree.thresholds.count, tree.left.count, tree.right.count, tree.kinds.count,
        ]
        guard lengths.allSatisfy({ $0 == tree.leaves.count - 1 }) else {
            throw fault("has \(tree.leaves.count) leaves and arrays of \(lengths) splits")
        }
        return tree
    }

    /// The kinds that go left at each split; the threshold of a split by kinds is the number of its list.
    private func kinds(
        _ fields: [Substring: Substring], _ isByKinds: [Bool], _ thresholds: [Double]
    ) throws(PluginError) -> [[UInt32]] {
        guard isByKinds.contains(true) else { return isByKinds.map { _ in [] } }
        let bounds = try integers(fields, "cat_boundaries")
        let words = try integers(fields, "cat_threshold")
        guard bounds.first == 0, bounds.last == words.count, zip(bounds, bounds.dropFirst()).allSatisfy({ $0 <= $1 }),
            words.allSatisfy({ UInt32(exactly: $0) != nil }), isByKinds.count == thresholds.count
        else { throw fault("has lists of kinds that do not fit its splits") }
        var kinds: [[UInt32]] = []
        for (isByKinds, threshold) in zip(isByKinds, thresholds) {
            guard isByKinds else {
                kinds.append([])
                continue
            }
            guard let list = Int(exactly: threshold), list >= 0, list + 1 < bounds.count,
                bounds[list] < bounds[list + 1]
            else { throw fault("has a split by a list of kinds that is not there") }
            kinds.append(words[bounds[list]..<bounds[list + 1]].compactMap { UInt32(exactly: $0) })
        }
        return kinds
    }

    private func lines(
        _ fields: [Substring: Substring], count: Int
    ) throws(PluginError) -> [(constant: Double, features: [Int], weights: [Double])] {
        let constants = try numbers(fields, "leaf_const")
        let counts = try integers(fields, "num_features")
        let features = try integers(fields, "leaf_features")
        let weights = try numbers(fields, "leaf_coeff")
        guard constants.count == count, counts.count == count, counts.allSatisfy({ $0 >= 0 && $0 <= features.count }),
            counts.reduce(0, +) == features.count, features.count == weights.count,
            features.allSatisfy({ $0 >= 0 && $0 < featureCount })
        else { throw fault("has linear leaves that do not fit its leaves") }
        var start = 0
        return zip(constants, counts).map { constant, count in
            defer { start += count }
            return (constant, Array(features[start..<start + count]), Array(weights[start..<start + count]))
        }
    }

    private func numbers(_ fields: [Substring: Substring], _ name: Substring) throws(PluginError) -> [Double] {
        let parts = (fields[name] ?? "").split(separator: " ")
        let numbers = parts.compactMap { Double($0) }
        guard numbers.count == parts.count, numbers.allSatisfy(\.isFinite) else {
            throw fault("has numbers in '\(name)' that are none")
        }
        return numbers
    }

    private func integers(_ fields: [Substring: Substring], _ name: Substring) throws(PluginError) -> [Int] {
        let parts = (fields[name] ?? "").split(separator: " ")
        let numbers = parts.compactMap { Int($0) }
        guard numbers.count == parts.count else { throw fault("has whole numbers in '\(name)' that are none") }
        return numbers
    }

    private func fault(_ what: String) -> PluginError {
        PluginError(.corrupted, "\(owner): the model's text, tree \(trees.count), \(what). Fit the model again.")
    }

    private func unsupported(_ name: String, _ value: Substring?, _ allowed: String) -> PluginError {
        PluginError(
            .unsupported,
            "\(owner): the model's '\(name)' is \(PluginError.quoted(value ?? "")); read is \(allowed). Fit it here.")
    }
}
