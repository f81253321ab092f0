public import PluginKit
import RollingStatistics

/// Double exponential moving average: less lag than an exponential one.
///
/// ## Formula
/// ```
/// DEMA_t = 2 * EMA(x)_t - EMA(EMA(x))_t
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source |
/// | Parameters | `period`: 1 ... 100000, default 30; `source` |
/// | Warm-up | `2 * period - 1` bars; recursive as `ema` |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | never |
///
/// Source: P. Mulloy, *Smoothing Data with Faster Moving Averages*, 1994. Checked against: TA-Lib 0.8.1 (`DEMA`),
/// relative tolerance 1e-9.
public struct DEMA: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "dema", "Double exponential moving average: less lag than an exponential one.", unit: "unit of the source",
        [.period(default: 30, "Bars of each exponential average."), .source()])

    var state: IndicatorState<PeriodCore<DoubleAverage>>
}
