public import PluginKit
import RollingStatistics

/// Triangular moving average: weights rise to the middle of the window and fall again.
///
/// ## Formula
/// ```
/// odd n:  TRIMA_t = SMA_((n+1)/2)(SMA_((n+1)/2)(x))_t
/// even n: TRIMA_t = SMA_(n/2+1)(SMA_(n/2)(x))_t
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source |
/// | Parameters | `period`: 1 ... 100000, default 30; `source` |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; about `period` numbers of memory |
/// | Undefined | never |
///
/// Checked against: TA-Lib 0.8.1 (`TRIMA`), relative tolerance 1e-9.
public struct TRIMA: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "trima", "Triangular moving average: the middle of the window counts most.", unit: "unit of the source",
        [.period(default: 30, "Bars of the window."), .source()])

    var state: IndicatorState<PeriodCore<TriangularAverage>>
}
