public import PluginKit
import RollingStatistics

/// Kaufman's adaptive moving average: fast in a straight move, slow in noise.
///
/// ## Formula
/// ```
/// e_t = |x_t - x_(t-n)| / sum(|x_i - x_(i-1)|)  over the last n changes, at most 1
/// w_t = (e_t * (2/3 - 2/31) + 2/31)^2
/// KAMA_t = KAMA_(t-1) + w_t * (x_t - KAMA_(t-1))           the first one starts from x_n
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source |
/// | Parameters | `period`: 1 ... 100000, default 30; `source` |
/// | Warm-up | `period + 1` bars; recursive |
/// | Cost | O(1) time a bar, amortised; 2 `period` numbers of memory |
/// | Undefined | no movement in the window: e is 1, as TA-Lib |
///
/// Source: P. Kaufman, *Smarter Trading*, 1995. Checked against: TA-Lib 0.8.1 (`KAMA`), relative tolerance 1e-9.
public struct KAMA: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "kama", "Kaufman's adaptive average: fast in a straight move, slow in noise.", unit: "unit of the source",
        [.period(default: 30, "Bars the efficiency of the move is taken over."), .source()])

    var state: IndicatorState<PeriodCore<AdaptiveAverage>>
}
