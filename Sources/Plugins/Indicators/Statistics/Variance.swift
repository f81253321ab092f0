public import PluginKit
import RollingStatistics

/// Variance of the last `period` values.
///
/// ## Formula
/// ```
/// m_t = mean(x_(t-n+1) ... x_t)
/// v_t = sum((x - m_t)^2) / n                over n - 1 where `sample` is true
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source, squared |
/// | Parameters | `period`: 2 ... 100000, default 20; `sample`: default false; `source` |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 2 `period` numbers of memory |
/// | Undefined | values more than about 1e153 apart: NaN until they left the window |
///
/// Checked against: TA-Lib 0.8.1 (`VAR`), relative tolerance 1e-9; more exact than the reference, which loses digits in
/// squares. `sample` is checked against numpy.
public struct Variance: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "variance", "Variance of the last bars.", unit: "unit of the source, squared",
        [
            .period(from: 2, default: 20, "Bars the variance is taken over."),
            .boolean("sample", default: false, "Divides by period - 1 (sample) and not by period (population)."),
            .source(),
        ])

    var state: IndicatorState<SourceCore<VarianceKernel>>
}
