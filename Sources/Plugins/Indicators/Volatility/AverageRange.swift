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

    var core: Core
    var memory: [Double]

    struct Core: BarCore {
        var mean: SimpleAverage

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            mean = SimpleAverage(period: try options.period(), in: &layout)
        }

        var warmUpLength: Int { mean.warmUpLength }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let span = bar.high - bar.low
            guard bar.hasUsableSpan, span.isUsable else { return false }
            row[0] = mean.push(span, &memory)
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try mean.code(&state) }
    }
}
