public import PluginKit
import RollingStatistics

/// Balance of power: how much of a bar's range lies between open and close.
///
/// ## Formula
/// ```
/// BOP_t = (close_t - open_t) / (high_t - low_t)
/// ```
///
/// | | |
/// |---|---|
/// | Input | `open`, `high`, `low`, `close`, quote currency |
/// | Output | -1 ... 1, no unit |
/// | Parameters | none |
/// | Warm-up | 1 bar |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | no range: 0, as TA-Lib |
///
/// Source: I. Livshin, 2001. Checked against: TA-Lib 0.8.1 (`BOP`), relative tolerance 1e-9.
public struct BOP: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "bop", "Balance of power: share of the range between open and close.", unit: "-1...1")

    var state: IndicatorState<Core>

    struct Core: BarCore {
        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {}

        var warmUpLength: Int { 1 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableRange, bar.open.isUsable else { return false }
            let range = bar.high - bar.low
            row[0] = range > 0 ? ((bar.close - bar.open) / range).orUndefined : 0
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {}
    }
}
