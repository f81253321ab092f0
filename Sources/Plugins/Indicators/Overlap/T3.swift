public import PluginKit
import RollingStatistics

/// Tillson's T3: a double exponential average with a volume factor, applied three times.
///
/// ## Formula
/// ```
/// GD(x) = (1 + v) * EMA(x) - v * EMA(EMA(x))               T3_t = GD(GD(GD(x)))_t
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source |
/// | Parameters | `period`: 1 ... 100000, default 5; `factor` v: 0 ... 1, default 0.7; `source` |
/// | Warm-up | `6 * period - 5` bars; recursive as `ema` |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | never |
///
/// Source: T. Tillson, *Smoothing Techniques for More Accurate Signals*, 1998. Checked against: TA-Lib 0.8.1 (`T3`),
/// relative tolerance 1e-9.
public struct T3: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "t3", "Tillson's average: smooth with little lag.", unit: "unit of the source",
        [
            .period(default: 5, "Bars of each of six exponential averages."),
            .number("factor", 0...1, default: 0.7, "0: an exponential average three times; 1: a double one."),
            .source(),
        ])

    var state: IndicatorState<SourceCore<Kernel>>

    struct Kernel: WrappedKernel {
        var kernel: TillsonAverage

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            kernel = TillsonAverage(period: try options.period(), factor: try options.number("factor"))
        }
    }
}
