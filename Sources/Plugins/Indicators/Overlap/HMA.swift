public import PluginKit
import RollingStatistics

/// Hull moving average: linear weights, lag taken out by a shorter window, smoothed over the root of the period.
///
/// ## Formula
/// ```
/// HMA_t = WMA_(floor(sqrt(n)))(2 * WMA_(floor(n/2))(x) - WMA_n(x))_t
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source |
/// | Parameters | `period`: 1 ... 100000, default 20; `source` |
/// | Warm-up | `period + floor(sqrt(period)) - 1` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; about 2 `period` numbers of memory |
/// | Undefined | never |
///
/// Source: A. Hull, 2005. Checked against: TA-Lib 0.8.1 (`HMA`), relative tolerance 1e-9.
public struct HMA: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "hma", "Hull moving average: smooth with almost no lag.", unit: "unit of the source",
        [.period(default: 20, "Bars of the longest window."), .source()])

    var state: IndicatorState<PeriodCore<HullAverage>>
}
