import PluginKit
import TabularModels

/// The squared loss: sums of products of standardised features, solved in closed form or coordinate by coordinate.
struct NormalEquations {
    private let width: Int
    private let scaling: FeatureScaling
    private let labels: LabelScaling
    /// Upper triangle of `Z'Z`, row-major, `width * width`.
    private var gram: [Double]
    /// `Z'(y - mean)`.
    private var moments: [Double]
    private let owner: StaticString

    private static let rowsACheckpoint = 1_024
    private static let sweeps = 100_000

    init(_ set: TrainingSet, context: FitContext, owner: StaticString) throws(PluginError) {
        width = set.features.count
        scaling = FeatureScaling(set)
        labels = LabelScaling(set)
        self.owner = owner
        gram = [Double](repeating: 0, count: width * width)
        moments = [Double](repeating: 0, count: width)
        var row = [Double](repeating: 0, count: width)
        for index in 0..<set.count {
            if index % Self.rowsACheckpoint == 0 { try context.checkpoint(Double(index) / Double(set.count)) }
            scaling.standardise(set, index, into: &row)
            add(row, label: set.labels[index] - labels.mean, weight: set.weight(index))
        }
    }

    /// Returns the weights that minimise `sum (y - a - z w)^2 + l2 * |w|^2`.
    func solve(l2: Double) throws(PluginError) -> LinearFormula {
        guard let weights = SymmetricSystem(matrix: penalised(l2), right: moments).dampedSolution() else {
            throw PluginError(
                .quality,
                "\(owner): the features depend on each other and 'l2' is \(l2), so the weights have no solution. "
                    + "Set 'l2' above 0, or remove features that repeat others.")
        }
        return LinearFormula(intercept: labels.mean, scaling: scaling, weights: weights)
    }

    /// Returns the weights that minimise the same `+ 2 * deviation(y) * l1 * sum |w|`, by coordinate descent.
    func solve(l1: Double, l2: Double, context: FitContext) throws(PluginError) -> LinearFormula {
        let matrix = symmetric(penalised(l2))
        let threshold = l1 * labels.deviation
        var weights = [Double](repeating: 0, count: width)
        for sweep in 0..<Self.sweeps {
            if sweep % 64 == 0 { try context.checkpoint(1 - 1 / Double(1 + sweep / 64)) }
            let largest = descend(matrix, threshold: threshold, &weights)
            if largest <= 1e-13 * labels.deviation {
                return LinearFormula(intercept: labels.mean, scaling: scaling, weights: weights)
            }
        }
        throw PluginError(
            .quality,
            "\(owner): the weights still move after \(Self.sweeps) sweeps. Raise 'l2' (is \(l2)), or remove features "
                + "that nearly repeat others.")
    }

    /// Moves each weight to its own minimum; returns the largest move.
    private func descend(_ matrix: [Double], threshold: Double, _ weights: inout [Double]) -> Double {
        var largest = 0.0
        for j in 0..<width where scaling.deviations[j] > 0 {
            var pull = moments[j] + matrix[j * width + j] * weights[j]
            for k in 0..<width { pull -= matrix[j * width + k] * weights[k] }
            let shrunk = max(pull.magnitude - threshold, 0)
            let next = (pull < 0 ? -shrunk : shrunk) / matrix[j * width + j]
            largest = max(largest, (next - weights[j]).magnitude)
            weights[j] = next
        }
        return largest
    }

    /// Returns `Z'Z + penalty`; features that do not vary get a unit diagonal, hence a weight of 0.
    private func penalised(_ penalty: Double) -> [Double] {
        var matrix = gram
        for feature in 0..<width {
            matrix[feature * width + feature] += scaling.deviations[feature] > 0 ? penalty : 1
        }
        return matrix
    }

    private func symmetric(_ upper: [Double]) -> [Double] {
        var matrix = upper
        for i in 0..<width { for j in 0..<i { matrix[i * width + j] = upper[j * width + i] } }
        return matrix
    }

    private mutating func add(_ row: [Double], label: Double, weight: Double) {
        for i in 0..<width {
            let value = weight * row[i]
            moments[i] += value * label
            for j in i..<width { gram[i * width + j] += value * row[j] }
        }
    }
}

/// Weighted mean and standard deviation (population) of the labels.
struct LabelScaling {
    let mean: Double
    /// 0 where the labels do not vary.
    let deviation: Double

    init(_ set: TrainingSet) {
        let mean = set.meanLabel
        let variance = set.labels.indices.reduce(0) { sum, row in
            sum + set.weight(row) * (set.labels[row] - mean) * (set.labels[row] - mean) / Double(set.count)
        }
        self.mean = mean
        deviation = FeatureScaling.deviation(variance, mean: mean)
    }
}
