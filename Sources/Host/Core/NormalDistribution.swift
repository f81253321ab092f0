/// The standard normal distribution.
package enum NormalDistribution {
    /// Returns the probability of a value below.
    package static func cumulative(_ value: Double) -> Double { complementaryError(-value / 2.0.squareRoot()) / 2 }

    /// Returns the value below which one lies with a probability, within 1e-9; infinite for 0 and 1.
    ///
    /// Source: P. J. Acklam's rational approximation (2003), refined by one step of Halley's method.
    package static func quantile(_ probability: Double) -> Double {
        guard probability > 0, probability < 1 else { return probability > 0 ? .infinity : -.infinity }
        let value = probability < 0.5 ? lower(probability) : -lower(1 - probability)
        let error = cumulative(value) - probability
        let step = error * (2 * Double.pi).squareRoot() * exponential(value * value / 2)
        return value - step / (1 + value * step / 2)
    }

    /// Returns the density at a value.
    package static func density(_ value: Double) -> Double {
        exponential(-value * value / 2) / (2 * Double.pi).squareRoot()
    }

    /// The expected greatest of so many independent standard normal numbers.
    package static func expectedMaximum(of trials: Int) -> Double {
        guard trials > 1 else { return 0 }
        let (count, euler) = (Double(trials), 0.577_215_664_901_532_9)
        return (1 - euler) * quantile(1 - 1 / count) + euler * quantile(1 - exponential(-1) / count)
    }

    /// Of a probability of at most a half.
    private static func lower(_ probability: Double) -> Double {
        if probability < 0.02425 {
            let root = (-2 * logarithm(probability)).squareRoot()
            return polynomial(tail.top, root) / (polynomial(tail.bottom, root) * root + 1)
        }
        let (centred, square) = (probability - 0.5, (probability - 0.5) * (probability - 0.5))
        return polynomial(middle.top, square) * centred / (polynomial(middle.bottom, square) * square + 1)
    }

    /// Highest power first.
    private static func polynomial(_ coefficients: [Double], _ value: Double) -> Double {
        coefficients.reduce(0) { $0 * value + $1 }
    }

    private static let middle = (
        top: [
            -3.969683028665376e+01, 2.209460984245205e+02, -2.759285104469687e+02, 1.383577518672690e+02,
            -3.066479806614716e+01, 2.506628277459239e+00,
        ],
        bottom: [
            -5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02, 6.680131188771972e+01,
            -1.328068155288572e+01,
        ]
    )
    private static let tail = (
        top: [
            -7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00, -2.549732539343734e+00,
            4.374664141464968e+00, 2.938163982698783e+00,
        ],
        bottom: [
            7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00, 3.754408661907416e+00,
        ]
    )
}
