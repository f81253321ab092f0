public import PluginKit
import RollingStatistics

/// TRIX: change of an exponential average of an exponential average of an exponential average, in percent.
///
/// ## Formula
/// ```
/// E = EMA(EMA(EMA(x)))               TRIX_t = 100 * (E_t - E_(t-1)) / E_(t-1)
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | percent |
/// | Parameters | `period`: 1 ... 100000, default 30; `source` |
/// | Warm-up | `3 * period - 1` bars; recursive as `ema` |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | `E_(t-1) = 0`: 0, as TA-Lib |
///
/// Source: J. Hutson, 1983. Checked against: TA-Lib 0.8.1 (`TRIX`), relative tolerance 1e-9.
public struct TRIX: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "trix", "Change of a triple exponential average, in percent.", unit: "percent",
        [.period(default: 30, "Bars of each exponential average."), .source()])

    var state: IndicatorState<PeriodCore<Kernel>>

    struct Kernel: PeriodKernel {
        var average: Cascade<Cascade<ExponentialAverage, ExponentialAverage>, ExponentialAverage>
        var previous = Double.nan

        init(period: Int, in layout: inout WindowLayout) {
            let average = ExponentialAverage(period: period)
            self.average = Cascade(first: Cascade(first: average, second: average), second: average)
        }

        var warmUpLength: Int { average.warmUpLength + 1 }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
            let smooth = average.push(value, &memory)
            defer { previous = smooth }
            return (100 * (smooth - previous)).over(previous)
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try average.code(&state)
            try state.numberOrNone(&previous)
        }
    }
}
