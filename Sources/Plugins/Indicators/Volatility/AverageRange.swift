public import PluginKit
import RollingStatistics

/// Average day range: the mean span of the last bars, gaps left out.
///
/// ## Formula
/// ```
/// ADR_t = mean(high - low)        over the last n bars
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, quote currency |
/// | Output | quote currency, 0 or more |
/// | Parameters | `period`: 1 ... 100000, default 14 |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; `period` numbers of memory |
/// | Undefined | never |
///
/// Checked against: TA-Lib 0.8.1 (`ADR`), relative tolerance 1e-9.
public struct AverageRange: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "average_range", "Mean of high less low over the last bars.", unit: "quote currency",
        [
            .period(default: 14, "Bars of the mean.")
        ])

    var state: IndicatorState<Core>

    struct Core: NumberCore {
        var kernel: SimpleAverage

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            kernel = SimpleAverage(period: try options.period(), in: &layout)
        }

        @inline(__always)
        func number(of bar: Bar) -> Double { bar.hasUsableSpan ? bar.high - bar.low : .nan }
    }
}
