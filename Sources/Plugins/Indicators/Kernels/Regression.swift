import PluginKit
import RollingStatistics

/// A line through the last numbers by least squares. The weighted and the plain mean give its slope: amortised O(1).
struct RegressionKernel: Sendable {
    /// A line over places 0 ... `period - 1`.
    struct Fit: Sendable {
        let mean: Double
        let slope: Double
        let period: Double
        /// Sum of squared deviations of the numbers from their mean.
        let squares: Double

        /// Whether the window was full.
        var isReady: Bool { !mean.isNaN }
        /// The line at the oldest number.
        var intercept: Double { mean - slope * ((period - 1) / 2) }
        /// The line at the newest number.
        var end: Double { mean + slope * ((period - 1) / 2) }
        /// The line one place ahead.
        var forecast: Double { mean + slope * ((period + 1) / 2) }
        /// Share of the variance that the line explains; 0 where there is none.
        var explained: Double {
            let share = slope * slope / squares * (period * (period * period - 1) / 12)
            return squares == 0 ? 0 : min(share, 1)
        }
    }

    private var moments: RollingMoments
    private var weighted: RollingWeightedMean

    /// Takes 2 numbers or more.
    init(period: Int, in layout: inout WindowLayout) {
        moments = RollingMoments(period: period, in: &layout)
        weighted = RollingWeightedMean(period: period, in: &layout)
    }

    var period: Int { moments.period }

    /// Takes a number; returns the line through the last `period`.
    @inline(__always)
    mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Fit {
        fit(moments.push(value, &memory), weighted.push(value, &memory))
    }

    /// Takes numbers in a row; hands over the line at each, the same as one by one.
    @inline(__always)
    mutating func run(
        _ input: NumberColumn, _ memory: inout MutableSpan<Double>, _ take: (Int, Fit) -> Void
    ) {
        withThreeColumns { means, squares, ends in
            moments.run(input, &memory, means: means, squares: squares)
            weighted.run(input, &memory, into: ends)
            for index in input.indices {
                take(index, fit(Moments(mean: means[index], squares: squares[index]), ends[index]))
            }
        }
    }

    @inline(__always)
    private func fit(_ window: Moments, _ weighted: Double) -> Fit {
        let count = Double(period)
        // Equal numbers have no slope, and no rounding shall give them one.
        let slope = window.squares == 0 ? 0 : 6 * (weighted - window.mean) / (count - 1)
        return Fit(mean: window.mean, slope: slope, period: count, squares: window.squares)
    }

    mutating func code(_ state: inout StateCoder) throws(PluginError) {
        try moments.code(&state)
        try weighted.code(&state)
    }
}
