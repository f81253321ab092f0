public import PluginKit
import RollingStatistics

/// Simple moving average: the mean of the last `period` values.
///
/// ## Formula
/// ```
/// SMA_t = (x_(t-n+1) + ... + x_t) / n
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source |
/// | Parameters | `period`: 1 ... 100000, default 20; `source` |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; `period` numbers of memory |
/// | Undefined | never |
///
/// Checked against: TA-Lib 0.8.1 (`SMA`), relative tolerance 1e-12.
public struct SMA: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "sma", "Simple moving average of the last bars.", unit: "unit of the source",
        [.period(default: 20, "Bars the mean is taken over."), .source()])

    var state: IndicatorState<PeriodCore<SimpleAverage>>
}
