public import PluginKit
import RollingStatistics

/// True strength index: changes smoothed twice, over their magnitudes smoothed alike.
///
/// ## Formula
/// ```
/// TSI_t = 100 * EMA_s(EMA_l(x_t - x_(t-1))) / EMA_s(EMA_l(|x_t - x_(t-1)|))
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | -100 ... 100, no unit |
/// | Parameters | `long_period` l 25, `short_period` s 13: 1 ... 100000; `source` |
/// | Warm-up | `long_period + short_period` bars; recursive as `ema` |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | no movement: 0 |
///
/// Source: W. Blau, *Momentum, Direction, and Divergence*, 1995. Checked against: TA-Lib 0.8.1 (`TSI`), relative
/// tolerance 1e-9.
public struct TSI: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "tsi", "True strength index: smoothed changes over their smoothed magnitudes.", unit: "-100...100",
        [
            .period("long_period", default: 25, "Changes of the first smoothing."),
            .period("short_period", default: 13, "Values of the second smoothing."), .source(),
        ])

    var state: IndicatorState<SourceCore<Kernel>>

    struct Kernel: OptionKernel {
        var change = Change()
        var changes: Cascade<ExponentialAverage, ExponentialAverage>
        var sizes: Cascade<ExponentialAverage, ExponentialAverage>

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            changes = Cascade(
                first: ExponentialAverage(period: try options.period("long_period")),
                second: ExponentialAverage(period: try options.period("short_period")))
            sizes = changes
        }

        var warmUpLength: Int { changes.warmUpLength + 1 }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
            let change = change.push(value)
            guard !change.isNaN else { return .nan }
            return 100 * changes.push(change, &memory).over(sizes.push(change.magnitude, &memory))
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try change.code(&state)
            try changes.code(&state)
            try sizes.code(&state)
        }
    }
}
