import Glibc

/// What a model learns to predict, from the bars after the one it looks at.
package enum Target: Sendable, Hashable, CustomStringConvertible {
    /// `close[t + k] / close[t] - 1`, a fraction.
    case futureReturn(bars: Int)
    /// Root mean square of the k log returns after t: `sqrt(sum(ln(close[j] / close[j - 1])^2) / k)`, a fraction a bar.
    case realisedVolatility(bars: Int)

    /// How many bars ahead it looks.
    package var horizon: Int {
        switch self {
        case .futureReturn(let bars), .realisedVolatility(let bars): bars
        }
    }

    /// `return over 1 bar`, `volatility over 5 bars`.
    package var description: String {
        let span = horizon == 1 ? "1 bar" : "\(horizon) bars"
        return switch self {
        case .futureReturn: "return over \(span)"
        case .realisedVolatility: "volatility over \(span)"
        }
    }

    /// Returns the label of the bar at `index`, or `nil` where the bars after it are not all there.
    package func label(_ closes: [Double], at index: Int) -> Double? {
        guard index + horizon < closes.count else { return nil }
        return measure(closes, from: index, to: index + horizon)
    }

    /// Returns the same measure over the bars before and at `index`: what persistence would predict.
    package func trailing(_ closes: [Double], at index: Int) -> Double? {
        guard index - horizon >= 0 else { return nil }
        return measure(closes, from: index - horizon, to: index)
    }

    /// Whether a value means "up": above zero for a return, above the trailing value for a volatility.
    package func isUp(_ value: Double, trailing: Double) -> Bool {
        switch self {
        case .futureReturn: value > 0
        case .realisedVolatility: value > trailing
        }
    }

    private func measure(_ closes: [Double], from start: Int, to end: Int) -> Double {
        switch self {
        case .futureReturn:
            return closes[end] / closes[start] - 1
        case .realisedVolatility(let bars):
            var sum = 0.0
            for index in start + 1...end {
                let step = log(closes[index] / closes[index - 1])
                sum += step * step
            }
            return (sum / Double(bars)).squareRoot()
        }
    }
}
