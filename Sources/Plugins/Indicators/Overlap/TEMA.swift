public import PluginKit
import RollingStatistics

/// Triple exponential moving average: less lag again than a double one.
///
/// ## Formula
/// ```
/// TEMA_t = 3 * E1_t - 3 * E2_t + E3_t           E1 = EMA(x), E2 = EMA(E1), E3 = EMA(E2)
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source |
/// | Parameters | `period`: 1 ... 100000, default 30; `source` |
/// | Warm-up | `3 * period - 2` bars; recursive as `ema` |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | never |
///
/// Source: P. Mulloy, *Smoothing Data with Less Lag*, 1994. Checked against: TA-Lib 0.8.1 (`TEMA`), relative
/// tolerance 1e-9.
public struct TEMA: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "tema", "Triple exponential moving average: less lag than a double one.", unit: "unit of the source",
        [.period(default: 30, "Bars of each exponential average."), .source()])

    var state: IndicatorState<PeriodCore<TripleAverage>>
}
