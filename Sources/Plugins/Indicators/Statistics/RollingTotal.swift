public import PluginKit
import RollingStatistics

/// Sum of the last values.
///
/// ## Formula
/// ```
/// S_t = x_(t-n+1) + ... + x_t
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source |
/// | Parameters | `period`: 1 ... 100000, default 30; `source` |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; `period` numbers of memory |
/// | Undefined | never |
///
/// Checked against: TA-Lib 0.8.1 (`SUM`), relative tolerance 1e-9.
public struct RollingTotal: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "rolling_sum", "Sum of the last values.", unit: "unit of the source",
        [
            .period(default: 30, "Values that are added up."),
            .source(),
        ])

    var state: IndicatorState<PeriodCore<RollingSum>>
}
