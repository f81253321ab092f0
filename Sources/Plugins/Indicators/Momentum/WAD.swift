public import PluginKit
import RollingStatistics

/// Williams's accumulation/distribution: rises from true lows and falls from true highs, added up.
///
/// ## Formula
/// ```
/// WAD_t = WAD_(t-1) + close_t - min(low_t, close_(t-1))     where close_t > close_(t-1)
///         WAD_(t-1) + close_t - max(high_t, close_(t-1))    where close_t < close_(t-1)
///         WAD_(t-1)                                         else; WAD_1 = 0
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, `close`, quote currency |
/// | Output | quote currency; only its changes mean something |
/// | Parameters | none |
/// | Warm-up | 1 bar; never forgets |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | never; a bar that would make the total infinite is refused |
///
/// Source: L. Williams, *How I Made One Million Dollars*, 1979. Checked against: TA-Lib 0.8.1 (`WAD`), relative
/// tolerance 1e-9.
public struct WAD: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "wad", "Rises from true lows and falls from true highs, added up.", unit: "quote currency")

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var total = 0.0
        var previous = Double.nan

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {}

        var warmUpLength: Int { 1 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            var move = 0.0
            if bar.close > previous { move = bar.close - min(bar.low, previous) }
            if bar.close < previous { move = bar.close - max(bar.high, previous) }
            guard bar.hasUsableRange, (total + move).isUsable else { return false }
            total += move
            previous = bar.close
            row[0] = total
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try state.number(&total)
            try state.numberOrNone(&previous)
        }
    }
}
