public import PluginKit

/// A smooth, convex function to be minimised.
public protocol SmoothLoss {
    /// Returns value, gradient and curvature at a point; an infinite value where the function is not defined.
    func expansion(at point: [Double]) -> LossExpansion
}

/// What a function looks like around a point.
public struct LossExpansion: Sendable {
    /// The value.
    public var value: Double
    /// First derivatives.
    public var gradient: [Double]
    /// Second derivatives: upper triangle, row-major.
    public var curvature: [Double]

    /// Takes a value, and zeros for as many derivatives as there are variables.
    public init(value: Double = 0, variables: Int) {
        self.value = value
        gradient = [Double](repeating: 0, count: variables)
        curvature = [Double](repeating: 0, count: variables * variables)
    }

    /// Adds `slope` and `bend` of a term that depends on `row * variables[0..<row.count] + variables[row.count]` alone.
    public mutating func add(row: ArraySlice<Double>, slope: Double, bend: Double) {
        let (width, first, variables) = (row.count, row.startIndex, gradient.count)
        for i in 0..<width { gradient[i] += slope * row[first + i] }
        gradient[width] += slope
        guard bend != 0 else { return }
        for i in 0..<width {
            let scaled = bend * row[first + i]
            for j in i..<width { curvature[i * variables + j] += scaled * row[first + j] }
            curvature[i * variables + width] += scaled
        }
        curvature[width * variables + width] += bend
    }
}

/// Newton's method with halved steps; the answer does not depend on anything but the function and the start.
public struct NewtonMinimiser: Sendable {
    private let steps: Int

    /// Takes the most steps allowed.
    public init(steps: Int = 200) { self.steps = steps }

    /// Returns the minimum, or `nil` where it was not reached within the steps allowed; calls `checkpoint` before each.
    public func minimise(
        _ loss: some SmoothLoss, from start: [Double], checkpoint: (Double) throws(PluginError) -> Void
    ) throws(PluginError) -> [Double]? {
        var point = start
        var here = loss.expansion(at: point)
        for step in 0..<steps {
            try checkpoint(Double(step) / Double(steps))
            let downhill = here.gradient.map { -$0 }
            guard let move = SymmetricSystem(matrix: here.curvature, right: downhill).dampedSolution() else {
                return here.gradient.allSatisfy { $0 == 0 } ? point : nil
            }
            let gain = zip(move, downhill).reduce(0) { $0 + $1.0 * $1.1 }
            guard let next = shortened(move, gain: gain, loss, point, here) else { return point }
            (point, here) = next
            if gain <= 1e-15 * (here.value.magnitude + 1e-300) { return point }
        }
        return nil
    }

    /// Returns the first of the move, its half, its quarter ... that lowers the value enough; `nil` where rounding hides it.
    private func shortened(
        _ move: [Double], gain: Double, _ loss: some SmoothLoss, _ point: [Double], _ here: LossExpansion
    ) -> ([Double], LossExpansion)? {
        var share = 1.0
        while share > 1e-10 {
            let next = zip(point, move).map { $0 + share * $1 }
            let there = loss.expansion(at: next)
            if there.value <= here.value - 1e-4 * share * gain { return (next, there) }
            share /= 2
        }
        return nil
    }
}
