import Glibc
public import PluginKit

/// A model file of XGBoost (JSON, versions 1.7 to 3.x), read without the library.
///
/// Read are gbtree models with numeric splits and one output: `reg:squarederror`, `reg:absoluteerror`,
/// `reg:pseudohubererror`, `binary:logistic`; random forests too. What else the format allows is refused by name with
/// `.unsupported`; bytes that contradict themselves with `.corrupted`.
public struct XGBoostDocument: Sendable {
    /// The trees, ready to predict.
    public let forest: FlatForest
    /// Names of the features in column order; empty where the file names none.
    public let featureNames: [String]
    /// The objective, as XGBoost names it.
    public let objective: String

    /// Reads a model file; about 4 ms for 100 trees of depth 6.
    ///
    /// - Parameter owner: who the model belongs to, `kind/id`; begins every message.
    public init(_ bytes: [UInt8], owner: String) throws(PluginError) {
        var parts = XGBoostParts(owner: owner)
        try parts.read(bytes)
        let transform = try parts.transform()
        forest = try FlatForest(
            parts.trees, featureCount: try parts.checkedFeatureCount(), base: try parts.margin(transform),
            transform: transform, owner: owner)
        featureNames = parts.featureNames
        objective = parts.objective
    }
}

/// What a model file says, as far as it matters, before it is checked as a whole.
struct XGBoostParts {
    let owner: String
    var trees: [DecisionTree] = []
    var featureNames: [String] = []
    var objective = ""
    var booster = ""
    var baseScore = ""
    var featureCount = ""
    var treeCount = ""
    var outputCounts: [String: String] = [:]
    var treeGroups: [Int32] = []

    init(owner: String) { self.owner = owner }

    func transform() throws(PluginError) -> FlatForest.Transform {
        guard booster == "gbtree" else { throw unsupported("booster", booster, "gbtree") }
        for (name, count) in outputCounts where count != "0" && count != "1" {
            throw unsupported(name, count, "0 and 1: one output")
        }
        guard treeGroups.allSatisfy({ $0 == 0 }) else {
            throw unsupported("tree_info", "not all 0", "0: one output")
        }
        switch objective {
        case "reg:squarederror", "reg:absoluteerror", "reg:pseudohubererror": return .identity
        case "binary:logistic": return .logistic
        default:
            throw unsupported(
                "objective", objective,
                "reg:squarederror, reg:absoluteerror, reg:pseudohubererror and binary:logistic")
        }
    }

    func checkedFeatureCount() throws(PluginError) -> Int {
        guard let count = Int(featureCount), count > 0 else { throw corrupted("num_feature", featureCount) }
        guard featureNames.isEmpty || featureNames.count == count else {
            throw corrupted("feature_names", "\(featureNames.count) names for \(count) features")
        }
        guard treeCount.isEmpty || treeCount == String(trees.count) else {
            throw corrupted("num_trees", "\(treeCount), and the file holds \(trees.count)")
        }
        return count
    }

    /// Returns what the sum starts from. Since 3.1 the base score is written as a list of one.
    func margin(_ transform: FlatForest.Transform) throws(PluginError) -> Float {
        let isList = baseScore.hasPrefix("[") && baseScore.hasSuffix("]") && baseScore.count > 2
        let text = isList ? String(baseScore.dropFirst().dropLast()) : baseScore
        guard let score = Float(text), score.isFinite else { throw corrupted("base_score", baseScore) }
        switch transform {
        case .identity: return score
        case .logistic:
            guard score > 0 && score < 1 else { throw corrupted("base_score", baseScore) }
            return -logf(1 / score - 1)
        }
    }

    func unsupported(_ key: String, _ value: String, _ allowed: String) -> PluginError {
        PluginError(
            .unsupported,
            "\(owner): the model's '\(key)' is \(PluginError.quoted(value)); read here are \(allowed). "
                + "Fit another model.")
    }

    private func corrupted(_ key: String, _ value: String) -> PluginError {
        PluginError(
            .corrupted,
            "\(owner): the model's '\(key)' is \(PluginError.quoted(value)), which cannot be. Fit the model again.")
    }
}
