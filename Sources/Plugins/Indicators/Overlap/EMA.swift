public import PluginKit
import RollingStatistics

/// Exponential moving average: the newest value counts most, older ones fade.
///
/// ## Formula
/// ```
/// EMA_n = mean(x_1 ... x_n)
/// EMA_t = EMA_(t-1) + 2 / (n + 1) * (x_t - EMA_(t-1))
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source |
/// | Parameters | `period`: 1 ... 100000, default 20; `source` |
/// | Warm-up | `period` bars; recursive: the seed's weight after k more bars is (1 - 2 / (n + 1))^k |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | never |
///
/// Checked against: TA-Lib 0.8.1 (`EMA`), relative tolerance 1e-12.
public struct EMA: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "ema", "Exponential moving average.", unit: "unit of the source",
        [.period(default: 20, "Bars; the weight of the newest is 2 / (period + 1)."), .source()])

    var state: IndicatorState<PeriodCore<ExponentialAverage>>
}
