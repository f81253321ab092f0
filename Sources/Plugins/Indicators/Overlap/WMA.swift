public import PluginKit
import RollingStatistics

/// Weighted moving average: weights fall linearly from the newest value to the oldest.
///
/// ## Formula
/// ```
/// WMA_t = (1 * x_(t-n+1) + 2 * x_(t-n+2) + ... + n * x_t) / (n * (n + 1) / 2)
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
/// Checked against: TA-Lib 0.8.1 (`WMA`), relative tolerance 1e-12.
public struct WMA: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "wma", "Moving average with weights that fall linearly with age.", unit: "unit of the source",
        [.period(default: 20, "Bars the average is taken over."), .source()])

    var state: IndicatorState<PeriodCore<RollingWeightedMean>>
}
