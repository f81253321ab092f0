import PluginKit

/// Builds and solves the normal equations of standardised features.
struct RidgeSolver {
    private let width: Int
    private let means: [Double]
    /// Standard deviations (population); 0 for a feature that does not vary.
    private let scales: [Double]
    private let labelMean: Double
    /// Upper triangle of `Z'Z`, row-major, `width * width`.
    private var gram: [Double]
    /// `Z'(y - mean)`.
    private var moments: [Double]

    private static let rowsACheckpoint = 1_024

    init(_ set: TrainingSet, context: FitContext) throws(PluginError) {
        width = set.features.count
        means = Self.columnMeans(set)
        scales = Self.columnScales(set, means: means)
        labelMean = set.labels.reduce(0) { $0 + $1 / Double(set.count) }
        gram = [Double](repeating: 0, count: width * width)
        moments = [Double](repeating: 0, count: width)
        var row = [Double](repeating: 0, count: width)
        for index in 0..<set.count {
            if index % Self.rowsACheckpoint == 0 { try context.checkpoint(Double(index) / Double(set.count)) }
            standardise(set, index, into: &row)
            add(row, label: set.labels[index] - labelMean)
        }
    }

    /// Returns the weights; a penalty of 0 on dependent features is raised step by step until they have a solution.
    func solve(l2: Double) throws(PluginError) -> RidgeSolution {
        let trace = (0..<width).reduce(0) { $0 + gram[$1 * width + $1] }
        var penalty = l2
        for attempt in 0...6 {
            if let weights = Self.cholesky(penalised(penalty), moments), weights.allSatisfy(\.isFinite) {
                return solution(weights)
            }
            penalty = max(l2, trace / Double(width) * Self.power(10, attempt - 10))
        }
        throw PluginError(
            .quality,
            "model/ridge: the features depend on each other and 'l2' is \(l2), so the weights have no solution. "
                + "Set 'l2' above 0, or remove features that repeat others.")
    }

    private func solution(_ weights: [Double]) -> RidgeSolution {
        let raw = zip(weights, scales).map { weight, scale in scale > 0 ? weight / scale : 0 }
        return RidgeSolution(intercept: labelMean, means: means, weights: raw)
    }

    /// Returns `Z'Z + penalty`; features that do not vary get a unit diagonal, hence a weight of 0.
    private func penalised(_ penalty: Double) -> [Double] {
        var matrix = gram
        for feature in 0..<width {
            matrix[feature * width + feature] += scales[feature] > 0 ? penalty : 1
        }
        return matrix
    }

    private func standardise(_ set: TrainingSet, _ index: Int, into row: inout [Double]) {
        for feature in 0..<width {
            let scale = scales[feature]
            row[feature] = scale > 0 ? (set.values[index * width + feature] - means[feature]) / scale : 0
        }
    }

    private mutating func add(_ row: [Double], label: Double) {
        for i in 0..<width {
            let value = row[i]
            moments[i] += value * label
            for j in i..<width { gram[i * width + j] += value * row[j] }
        }
    }

    private static func columnMeans(_ set: TrainingSet) -> [Double] {
        let width = set.features.count
        var means = [Double](repeating: 0, count: width)
        for place in set.values.indices { means[place % width] += set.values[place] / Double(set.count) }
        return means
    }

    /// A deviation that is only rounding of a constant counts as none.
    private static func columnScales(_ set: TrainingSet, means: [Double]) -> [Double] {
        let width = set.features.count
        var squares = [Double](repeating: 0, count: width)
        for place in set.values.indices {
            let deviation = set.values[place] - means[place % width]
            squares[place % width] += deviation * deviation / Double(set.count)
        }
        return zip(squares, means).map { square, mean in
            let scale = square.squareRoot()
            return scale > mean.magnitude * 1e-12 ? scale : 0
        }
    }

    /// Solves a symmetric system given by its upper triangle; `nil` where it is not safely positive definite.
    private static func cholesky(_ matrix: [Double], _ right: [Double]) -> [Double]? {
        let n = right.count
        var upper = matrix
        for i in 0..<n {
            let diagonal = upper[i * n + i]
            for k in 0..<i { upper[i * n + i] -= upper[k * n + i] * upper[k * n + i] }
            guard upper[i * n + i] > diagonal * 1e-13 else { return nil }
            upper[i * n + i] = upper[i * n + i].squareRoot()
            for j in i + 1..<max(n, i + 1) {
                for k in 0..<i { upper[i * n + j] -= upper[k * n + i] * upper[k * n + j] }
                upper[i * n + j] /= upper[i * n + i]
            }
        }
        return substitute(upper, right)
    }

    /// Solves `U'U x = right`.
    private static func substitute(_ upper: [Double], _ right: [Double]) -> [Double] {
        let n = right.count
        var x = right
        for i in 0..<n {
            for k in 0..<i { x[i] -= upper[k * n + i] * x[k] }
            x[i] /= upper[i * n + i]
        }
        for i in stride(from: n - 1, through: 0, by: -1) {
            for k in i + 1..<max(n, i + 1) { x[i] -= upper[i * n + k] * x[k] }
            x[i] /= upper[i * n + i]
        }
        return x
    }

    private static func power(_ base: Double, _ exponent: Int) -> Double {
        let magnitude = (0..<abs(exponent)).reduce(1.0) { product, _ in product * base }
        return exponent < 0 ? 1 / magnitude : magnitude
    }
}
