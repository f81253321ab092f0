import HostCore

/// What a series of the worth of something says of it.
///
/// Returns are those between the last event times of days. Annual figures are by the number of days with returns that a year of
/// the series has, so that a market with 243 days a year and one with 365 are both right.
package struct ReturnFigures: Sendable, Hashable, Codable {
    private static let year = 365.25

    /// Worth at the end by that at the begin, less 1.
    package let totalReturn: Double
    /// The same a year, compounded; `nil` of less than a month, where it says nothing.
    package let annualReturn: Double?
    /// Standard deviation of returns, a year's.
    package let volatility: Double?
    /// Mean return by standard deviation, a year's; nothing is taken off for interest.
    package let sharpe: Double?
    /// Largest loss from a peak, a fraction.
    package let maxDrawdown: Double
    /// Longest time below an earlier peak, in days.
    package let longestDrawdown: Int

    enum CodingKeys: String, CodingKey {
        case volatility, sharpe
        case totalReturn = "total_return"
        case annualReturn = "annual_return"
        case maxDrawdown = "max_drawdown"
        case longestDrawdown = "longest_drawdown_days"
    }

    /// Judges a curve; days ascend, worth is above 0 at the first.
    package init(_ curve: [(day: Int32, worth: Double)]) {
        let returns = Self.returns(curve.map(\.worth))
        let first = curve.first?.worth ?? 1
        let span = Double((curve.last?.day ?? 0) - (curve.first?.day ?? 0)) / Self.year
        let total = (curve.last?.worth ?? first) / first
        totalReturn = total - 1
        annualReturn = span >= 1.0 / 12 && total > 0 ? exponential(logarithm(total) / span) - 1 : nil
        let moments = ReturnMoments(returns)
        let yearly = span > 0 ? (Double(returns.count) / span).squareRoot() : 0
        volatility = moments.map { $0.deviation * yearly }
        sharpe = moments.flatMap { $0.sharpe }.map { $0 * yearly }
        (maxDrawdown, longestDrawdown) = Self.drawdown(curve)
    }

    /// The returns between neighbours.
    static func returns(_ worth: [Double]) -> [Double] {
        zip(worth, worth.dropFirst()).map { $0 > 0 ? $1 / $0 - 1 : 0 }
    }

    private static func drawdown(_ curve: [(day: Int32, worth: Double)]) -> (Double, Int) {
        var (deepest, longest) = (0.0, 0)
        guard var peak = curve.first else { return (0, 0) }
        for point in curve {
            if point.worth >= peak.worth { peak = point }
            deepest = max(deepest, 1 - point.worth / peak.worth)
            longest = max(longest, Int(point.day - peak.day))
        }
        return (deepest, longest)
    }
}

/// The moments of returns.
package struct ReturnMoments: Sendable {
    let count: Int
    let mean: Double
    let deviation: Double
    package let skewness: Double
    /// Of the normal distribution 3.
    package let kurtosis: Double

    /// `nil` of fewer than three returns.
    package init?(_ returns: [Double]) {
        guard returns.count > 2 else { return nil }
        let size = Double(returns.count)
        let mean = returns.reduce(0, +) / size
        var (second, third, fourth) = (0.0, 0.0, 0.0)
        for value in returns {
            let (apart, square) = (value - mean, (value - mean) * (value - mean))
            second += square
            third += square * apart
            fourth += square * square
        }
        (count, self.mean) = (returns.count, mean)
        deviation = (second / (size - 1)).squareRoot()
        let variance = second / size
        skewness = variance > 0 ? third / size / (variance * variance.squareRoot()) : 0
        kurtosis = variance > 0 ? fourth / size / (variance * variance) : 3
    }

    /// Mean by standard deviation of one return; `nil` where they are all the same.
    package var sharpe: Double? { deviation > 0 ? mean / deviation : nil }

    /// Returns the probability that the true Sharpe ratio is above what the luckiest of so many tries without skill would show.
    ///
    /// - Parameters:
    ///   - variance: that of the Sharpe ratios of the tries; `nil` for that of one without skill.
    ///
    /// Source: D. Bailey, M. Lopez de Prado, *The Deflated Sharpe Ratio*, Journal of Portfolio Management, 2014.
    package func deflated(tries: Int, variance: Double?) -> Double? {
        guard let sharpe else { return nil }
        let size = Double(count - 1)
        let spread = (variance ?? 1 / size).squareRoot()
        let luck = spread * NormalDistribution.expectedMaximum(of: tries)
        let error = 1 - skewness * sharpe + (kurtosis - 1) / 4 * sharpe * sharpe
        guard error > 0 else { return nil }
        return NormalDistribution.cumulative((sharpe - luck) * size.squareRoot() / error.squareRoot())
    }
}
