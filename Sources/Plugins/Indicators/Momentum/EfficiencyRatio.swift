public import PluginKit
import RollingStatistics

/// Kaufman's efficiency ratio: how straight the way was.
///
/// ## Formula
/// ```
/// ER_t = |x_t - x_(t-n)| / sum(|x_i - x_(i-1)|)        over the last n changes
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | 0 ... 1: 1 is straight |
/// | Parameters | `period`: 1 ... 100000, default 10; `source` |
/// | Warm-up | `period + 1` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 2 `period` numbers of memory |
/// | Undefined | no movement: 1, as TA-Lib |
///
/// Source: P. Kaufman, *Smarter Trading*, 1995. Checked against: TA-Lib 0.8.1 (`ER`), relative tolerance 1e-9.
public struct EfficiencyRatio: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "efficiency_ratio", "How straight the way of the last bars was.", unit: "0...1",
        [
            .period(default: 10, "Changes that are looked at."),
            .source(),
        ])

    var state: IndicatorState<PeriodCore<EfficiencyKernel>>
}
