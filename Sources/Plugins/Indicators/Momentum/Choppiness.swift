public import PluginKit
import RollingStatistics

/// Choppiness index: how little of all movement became range; high sideways, low in trends.
///
/// ## Formula
/// ```
/// CHOP_t = 100 * log(sum(TR) / (max(high) - min(low))) / log(n)        over the last n bars
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, `close`, quote currency |
/// | Output | 0 ... 100, no unit |
/// | Parameters | `period`: 2 ... 100000, default 14 |
/// | Warm-up | `period + 1` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 3 `period` numbers of memory |
/// | Undefined | no range: 100 |
///
/// Source: E. W. Dreiss, 1990s. Checked against: an independent computation from the formula with numpy and pandas,
/// relative tolerance 1e-9.
public struct Choppiness: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "choppiness", "How little of all movement became range.", unit: "0...100",
        [
            .period(from: 2, default: 14, "Bars that are looked at.")
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var window: RollingRange
        var ranges: RollingSum
        var range = TrueRange()

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            window = RollingRange(period: try options.period(from: 2), in: &layout)
            ranges = RollingSum(period: window.period, in: &layout)
        }

        var warmUpLength: Int { window.period + 1 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableRange else { return false }
            let (highest, lowest) = window.push(high: bar.high, low: bar.low, &memory)
            let range = range.push(high: bar.high, low: bar.low, close: bar.close)
            let path = range.isNaN ? .nan : ranges.push(range, &memory)
            let share = (path / (highest - lowest)).logarithm / Double(window.period).logarithm
            row[0] = path.isNaN ? .nan : highest > lowest ? (100 * share).orUndefined : 100
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try window.code(&state)
            try ranges.code(&state)
            try range.code(&state)
        }
    }
}
