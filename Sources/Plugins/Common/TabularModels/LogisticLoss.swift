import Glibc
public import PluginKit

/// The logistic loss over rows whose labels are probabilities, as a rule 0 or 1.
///
/// Variables: the weights, the intercept `a`. Minimised is `sum (log(1 + exp(m)) - y m) + l2 * |w|^2` with `m = z w + a`.
public struct LogisticLoss: SmoothLoss {
    private let rows: [Double]
    private let labels: [Double]
    private let weights: [Double]
    private let l2: Double

    /// Takes rows, row-major, a label of 0...1 for each, how much each counts (empty where all count alike), and the penalty.
    public init(rows: [Double], labels: [Double], weights: [Double] = [], l2: Double) {
        self.rows = rows
        self.weights = weights
        self.labels = labels
        self.l2 = l2
    }

    /// Returns value and derivatives.
    public func expansion(at point: [Double]) -> LossExpansion {
        let width = point.count - 1
        var sum = LossExpansion(variables: point.count)
        for index in labels.indices {
            let row = rows[index * width..<(index + 1) * width]
            var margin = point[width]
            for feature in 0..<width { margin += row[row.startIndex + feature] * point[feature] }
            let share = exp(-margin.magnitude)
            let probability = margin < 0 ? share / (1 + share) : 1 / (1 + share)
            let weight = weights.isEmpty ? 1 : weights[index]
            sum.value += weight * (log1p(share) + max(margin, 0) - labels[index] * margin)
            sum.add(
                row: row, slope: weight * (probability - labels[index]),
                bend: weight * share / ((1 + share) * (1 + share)))
        }
        for feature in 0..<width {
            sum.value += l2 * point[feature] * point[feature]
            sum.gradient[feature] += 2 * l2 * point[feature]
            sum.curvature[feature * point.count + feature] += 2 * l2
        }
        return sum
    }
}

extension TrainingSet {
    /// Throws where the labels are not two classes, 0 and 1, both there.
    public func checkClasses(owner: String) throws(PluginError) {
        if let row = labels.firstIndex(where: { $0 != 0 && $0 != 1 }) {
            throw PluginError(
                .badRequest,
                "\(owner): the label of training row \(row) is \(labels[row]); classes are 0 and 1. "
                    + "Use a target that has classes, `target: { direction: 1 bar }`, or another loss.")
        }
        if labels.allSatisfy({ $0 == labels[0] }) {
            throw PluginError(
                .noData,
                "\(owner): all \(count) training rows are of class \(Int(labels[0])); two classes are needed. "
                    + "Give more history, fewer folds, or another target.")
        }
    }
}
