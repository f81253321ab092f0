public import PluginKit
import RollingStatistics

/// Wilder's moving average: an exponential one with weight 1 / period.
///
/// ## Formula
/// ```
/// RMA_n = mean(x_1 ... x_n)                     RMA_t = RMA_(t-1) + (x_t - RMA_(t-1)) / n
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source |
/// | Parameters | `period`: 1 ... 100000, default 30; `source` |
/// | Warm-up | `period` bars; recursive: the seed's weight after k more bars is ((n - 1) / n)^k |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | never |
///
/// Source: J. W. Wilder, *New Concepts in Technical Trading Systems*, 1978. Checked against: TA-Lib 0.8.1 (`RMA`),
/// relative tolerance 1e-9.
public struct RMA: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "rma", "Wilder's moving average: slower than an exponential one.", unit: "unit of the source",
        [.period(default: 30, "Bars; the weight of the newest is 1 / period."), .source()])

    var state: IndicatorState<PeriodCore<WilderAverage>>
}
