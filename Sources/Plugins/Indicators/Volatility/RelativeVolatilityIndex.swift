public import PluginKit
import RollingStatistics

/// Relative volatility index: how much of recent deviation fell on rises.
///
/// ## Formula
/// ```
/// s_t = population deviation of the last m values
/// U = Wilder's average of s where x rose, else 0        D likewise where x fell
/// RVI_t = 100 * U_t / (U_t + D_t)
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | 0 ... 100, no unit |
/// | Parameters | `period` of Wilder's averages: 1 ... 100000, default 14; `deviation_period` m: 2 ... 100000, default 10; `source` |
/// | Warm-up | `period + deviation_period - 1` bars; recursive as `rma` |
/// | Cost | O(1) time a bar, amortised; 2 `deviation_period` numbers of memory |
/// | Undefined | no movement: 50, as TA-Lib |
///
/// Source: D. Dorsey, *Technical Analysis of Stocks & Commodities*, June 1993. Checked against: TA-Lib 0.8.1 (`RVI`),
/// relative tolerance 1e-9.
public struct RelativeVolatilityIndex: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "relative_volatility_index", "How much of recent deviation fell on rises.", unit: "0...100",
        [
            .period(default: 14, "Bars of Wilder's averages."),
            .period("deviation_period", from: 2, default: 10, "Bars of the deviation."),
            .source(),
        ])

    var state: IndicatorState<SourceCore<Kernel>>

    struct Kernel: OptionKernel {
        var window: RollingMoments
        var rises: ExponentialAverage
        var falls: ExponentialAverage
        var change = Change()

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            window = RollingMoments(period: try options.period("deviation_period", from: 2), in: &layout)
            rises = ExponentialAverage(wilder: try options.period())
            falls = rises
        }

        var warmUpLength: Int { window.period + rises.period - 1 }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
            let change = change.push(value)
            let squares = window.push(value, &memory).squares
            guard !change.isNaN, !squares.isNaN else { return .nan }
            let deviation = (squares / Double(window.period)).squareRoot()
            let up = rises.push(change > 0 ? deviation : 0)
            let down = falls.push(change < 0 ? deviation : 0)
            return 100 * up.over(up + down, else: 0.5)
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try window.code(&state)
            try rises.code(&state)
            try falls.code(&state)
            try change.code(&state)
        }
    }
}
