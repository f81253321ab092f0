import PluginKit
import TabularModels

/// Huber's loss with a scale that is estimated too, over standardised rows and labels.
///
/// Variables: the weights, the intercept `a`, the scale `s`. Minimised is `sum (s + s * h((z w + a - y) / s)) + l2 * |w|^2`,
/// where `h(t) = t^2` up to `epsilon` and `2 epsilon |t| - epsilon^2` beyond. Jointly convex.
struct HuberLoss: SmoothLoss {
    let rows: [Double]
    let labels: [Double]
    /// How much each row counts, 1 in the mean.
    let weights: [Double]
    let l2: Double
    let epsilon: Double

    private var width: Int { rows.count / labels.count }

    func expansion(at point: [Double]) -> LossExpansion {
        let width = width
        let scale = point[width + 1]
        guard scale > 0 else { return LossExpansion(value: .infinity, variables: width + 2) }
        var sum = LossExpansion(value: Double(labels.count) * scale, variables: width + 2)
        sum.gradient[width + 1] = Double(labels.count)
        for index in labels.indices {
            let row = rows[index * width..<(index + 1) * width]
            var rest = point[width] - labels[index]
            for feature in 0..<width { rest += row[row.startIndex + feature] * point[feature] }
            add(row, rest, scale, weights[index], to: &sum)
        }
        for feature in 0..<width {
            sum.value += l2 * point[feature] * point[feature]
            sum.gradient[feature] += 2 * l2 * point[feature]
            sum.curvature[feature * (width + 2) + feature] += 2 * l2
        }
        return sum
    }

    /// Adds one row whose prediction is `rest` above its label.
    private func add(
        _ row: ArraySlice<Double>, _ rest: Double, _ scale: Double, _ weight: Double, to sum: inout LossExpansion
    ) {
        let variables = row.count + 2
        let place = row.count + 1
        guard rest.magnitude <= epsilon * scale else {
            sum.value += weight * (2 * epsilon * rest.magnitude - epsilon * epsilon * scale)
            sum.gradient[place] -= weight * epsilon * epsilon
            return sum.add(row: row, slope: weight * (rest < 0 ? -2 : 2) * epsilon, bend: 0)
        }
        let share = rest / scale
        sum.value += weight * share * rest
        sum.gradient[place] -= weight * share * share
        sum.curvature[place * variables + place] += weight * 2 * share * share / scale
        let across = weight * -2 * share / scale
        for feature in 0..<row.count {
            sum.curvature[feature * variables + place] += across * row[row.startIndex + feature]
        }
        sum.curvature[row.count * variables + place] += across
        sum.add(row: row, slope: weight * 2 * share, bend: weight * 2 / scale)
    }
}
