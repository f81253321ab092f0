import JSONReading
import PluginKit

/// The walk over the file: one function an object, members in any order, unknown ones skipped.
extension XGBoostParts {
    mutating func read(_ bytes: [UInt8]) throws(PluginError) {
        var scanner = JSONScanner(
            bytes, JSONSubject("\(owner): the model", code: .corrupted, remedy: "Fit the model again."))
        try scanner.object { (key, scanner) throws(PluginError) in
            if key == "learner" { try readLearner(&scanner) } else { try scanner.skip() }
        }
        try scanner.end()
    }

    private mutating func readLearner(_ scanner: inout JSONScanner) throws(PluginError) {
        try scanner.object { (key, scanner) throws(PluginError) in
            switch key {
            case "feature_names": featureNames = try Self.strings(&scanner)
            case "gradient_booster": try readBooster(&scanner)
            case "learner_model_param": try readParameters(&scanner)
            case "objective": try readObjective(&scanner)
            default: try scanner.skip()
            }
        }
    }

    private mutating func readParameters(_ scanner: inout JSONScanner) throws(PluginError) {
        try scanner.object { (key, scanner) throws(PluginError) in
            switch key {
            case "base_score": baseScore = try scanner.string()
            case "num_feature": featureCount = try scanner.string()
            case "num_class", "num_target": outputCounts[key] = try scanner.string()
            default: try scanner.skip()
            }
        }
    }

    private mutating func readObjective(_ scanner: inout JSONScanner) throws(PluginError) {
        try scanner.object { (key, scanner) throws(PluginError) in
            if key == "name" { objective = try scanner.string() } else { try scanner.skip() }
        }
    }

    private mutating func readBooster(_ scanner: inout JSONScanner) throws(PluginError) {
        try scanner.object { (key, scanner) throws(PluginError) in
            switch key {
            case "name": booster = try scanner.string()
            case "model": try readModel(&scanner)
            default: try scanner.skip()
            }
        }
    }

    private mutating func readModel(_ scanner: inout JSONScanner) throws(PluginError) {
        try scanner.object { (key, scanner) throws(PluginError) in
            switch key {
            case "trees":
                trees = []
                try scanner.array { (scanner) throws(PluginError) in trees.append(try readTree(&scanner)) }
            case "tree_info": treeGroups = try Self.integers(&scanner)
            case "gbtree_model_param":
                try scanner.object { (key, scanner) throws(PluginError) in
                    if key == "num_trees" { treeCount = try scanner.string() } else { try scanner.skip() }
                }
            default: try scanner.skip()
            }
        }
    }

    private func readTree(_ scanner: inout JSONScanner) throws(PluginError) -> DecisionTree {
        var tree = DecisionTree()
        try scanner.object { (key, scanner) throws(PluginError) in
            switch key {
            case "left_children": tree.leftChildren = try Self.integers(&scanner)
            case "right_children": tree.rightChildren = try Self.integers(&scanner)
            case "split_indices": tree.features = try Self.integers(&scanner)
            case "split_conditions": tree.thresholds = try Self.numbers(&scanner)
            case "default_left": tree.defaultsLeft = try Self.flags(&scanner)
            case "categories", "categories_nodes":
                guard try Self.integers(&scanner).isEmpty else {
                    throw unsupported(key, "not empty", "numeric splits")
                }
            case "tree_param": try readTreeParameters(&scanner)
            default: try scanner.skip()
            }
        }
        return tree
    }

    private func readTreeParameters(_ scanner: inout JSONScanner) throws(PluginError) {
        try scanner.object { (key, scanner) throws(PluginError) in
            guard key == "size_leaf_vector" else { return try scanner.skip() }
            let size = try scanner.string()
            guard size == "0" || size == "1" else { throw unsupported(key, size, "0 and 1: one output") }
        }
    }

    private static func strings(_ scanner: inout JSONScanner) throws(PluginError) -> [String] {
        var values: [String] = []
        try scanner.array { (scanner) throws(PluginError) in values.append(try scanner.string()) }
        return values
    }

    private static func integers(_ scanner: inout JSONScanner) throws(PluginError) -> [Int32] {
        var values: [Int32] = []
        try scanner.array { (scanner) throws(PluginError) in values.append(try scanner.integer()) }
        return values
    }

    private static func numbers(_ scanner: inout JSONScanner) throws(PluginError) -> [Float] {
        var values: [Float] = []
        try scanner.array { (scanner) throws(PluginError) in values.append(try scanner.number()) }
        return values
    }

    private static func flags(_ scanner: inout JSONScanner) throws(PluginError) -> [Bool] {
        var values: [Bool] = []
        try scanner.array { (scanner) throws(PluginError) in values.append(try scanner.flag()) }
        return values
    }
}
