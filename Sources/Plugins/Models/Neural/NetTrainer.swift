import Ensembles
import Glibc
import PluginKit
import TabularModels

/// Fits a `HiddenNet` to what members leave over, by Adam over all rows at once.
struct NetTrainer {
    let hidden: Int
    let epochs: Int
    let rate: Double
    let l2: Double

    /// The rows as the net sees them.
    private struct Rows {
        var inputs: [Double] = []
        var targets: [Double] = []
        var weights: [Double] = []
    }

    func fit(
        _ table: MemberTable, _ vote: WeightedMembers, _ context: FitContext
    ) throws(PluginError) -> HiddenNet {
        let width = table.columns.width
        var rows = rows(of: table, vote)
        let (means, deviations) = standardise(&rows, width)
        // What is left over has no deviation where the members know everything: then the net stays at nothing.
        let scale = (zip(rows.weights, rows.targets).reduce(0) { $0 + $1.0 * $1.1 * $1.1 }).squareRoot()
        for row in rows.targets.indices where scale > 0 { rows.targets[row] /= scale }
        var random = SplitMix(seed: context.seed)
        let hiddenCount = hidden * (width + 1)
        var weights = (0..<HiddenNet.size(width, hidden)).map { place in
            place < hiddenCount ? random.next(around: 1 / Double(width + 1).squareRoot()) : 0
        }
        var steps = Adam(count: weights.count, rate: rate)
        for epoch in 0..<epochs {
            try context.checkpoint(Double(epoch) / Double(epochs))
            guard scale > 0 else { break }
            steps.step(&weights, gradient(weights, rows, width))
        }
        return HiddenNet(
            inputs: width, hidden: hidden, means: means, deviations: deviations, scale: scale, weights: weights)
    }

    /// Rows that a member predicted, with weights that add up to 1; a silent member says what the others vote.
    private func rows(of table: MemberTable, _ vote: WeightedMembers) -> Rows {
        var rows = Rows()
        for row in 0..<table.count {
            let mean = table.value(row, of: vote)
            guard mean.isFinite else { continue }
            rows.inputs += table.inputs(row, silent: mean)
            rows.targets.append(table.labels[row] - mean)
            rows.weights.append(table.weights[row])
        }
        let total = rows.weights.reduce(0, +)
        for row in rows.weights.indices { rows.weights[row] /= total }
        return rows
    }

    private func standardise(_ rows: inout Rows, _ width: Int) -> (means: [Double], deviations: [Double]) {
        var means = Array(repeating: 0.0, count: width)
        var deviations = means
        for (row, weight) in rows.weights.enumerated() {
            for place in 0..<width { means[place] += weight * rows.inputs[row * width + place] }
        }
        for (row, weight) in rows.weights.enumerated() {
            for place in 0..<width {
                let distance = rows.inputs[row * width + place] - means[place]
                deviations[place] += weight * distance * distance
            }
        }
        for place in 0..<width {
            let deviation = deviations[place].squareRoot()
            deviations[place] = deviation > means[place].magnitude * 1e-12 ? deviation : 0
        }
        for row in rows.weights.indices {
            for place in 0..<width {
                let index = row * width + place
                rows.inputs[index] =
                    deviations[place] > 0 ? (rows.inputs[index] - means[place]) / deviations[place] : 0
            }
        }
        return (means, deviations)
    }

    /// The slope of half the mean squared error and of the penalty.
    private func gradient(_ weights: [Double], _ rows: Rows, _ width: Int) -> [Double] {
        var gradient = weights.map { l2 * $0 }
        var outer = Array(repeating: 0.0, count: hidden)
        let first = hidden * (width + 1)
        for (row, weight) in rows.weights.enumerated() {
            var sum = weights[weights.count - 1]
            for unit in 0..<hidden {
                var inner = weights[unit * (width + 1)]
                for place in 0..<width {
                    inner += weights[unit * (width + 1) + 1 + place] * rows.inputs[row * width + place]
                }
                outer[unit] = tanh(inner)
                sum += weights[first + unit] * outer[unit]
            }
            let error = weight * (sum - rows.targets[row])
            gradient[weights.count - 1] += error
            for unit in 0..<hidden {
                gradient[first + unit] += error * outer[unit]
                let back = error * weights[first + unit] * (1 - outer[unit] * outer[unit])
                gradient[unit * (width + 1)] += back
                for place in 0..<width {
                    gradient[unit * (width + 1) + 1 + place] += back * rows.inputs[row * width + place]
                }
            }
        }
        return gradient
    }
}

/// Adam's steps with its usual constants.
private struct Adam {
    private let rate: Double
    private var means: [Double]
    private var squares: [Double]
    private var shares = (1.0, 1.0)

    init(count: Int, rate: Double) {
        self.rate = rate
        means = Array(repeating: 0, count: count)
        squares = means
    }

    mutating func step(_ weights: inout [Double], _ gradient: [Double]) {
        shares = (shares.0 * 0.9, shares.1 * 0.999)
        for place in weights.indices {
            means[place] = 0.9 * means[place] + 0.1 * gradient[place]
            squares[place] = 0.999 * squares[place] + 0.001 * gradient[place] * gradient[place]
            let (mean, square) = (means[place] / (1 - shares.0), squares[place] / (1 - shares.1))
            weights[place] -= rate * mean / (square.squareRoot() + 1e-8)
        }
    }
}

extension SplitMix {
    /// A number of a width on either side of zero, all alike.
    fileprivate mutating func next(around width: Double) -> Double {
        width * (2 * Double(next() >> 11) / 9_007_199_254_740_992 - 1)
    }
}
