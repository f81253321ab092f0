public import PluginKit
import RollingStatistics

/// Zero-lag exponential moving average: an average of values led on by their own change.
///
/// ## Formula
/// ```
/// ZLEMA_t = EMA_n(2 * x_t - x_(t-l))            l = floor((n - 1) / 2)
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source |
/// | Parameters | `period`: 1 ... 100000, default 30; `source` |
/// | Warm-up | `period + floor((period - 1) / 2)` bars; recursive as `ema` |
/// | Cost | O(1) time a bar; `period / 2` numbers of memory |
/// | Undefined | never |
///
/// Source: J. Ehlers and R. Way, *Zero Lag (Well, Almost)*, 2010. Checked against: TA-Lib 0.8.1 (`ZLEMA`), relative
/// tolerance 1e-9.
public struct ZLEMA: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "zlema", "Zero-lag exponential average: led on by the change over half the period.", unit: "unit of the source",
        [.period(default: 30, "Bars of the exponential average."), .source()])

    var state: IndicatorState<PeriodCore<ZeroLagAverage>>
}
