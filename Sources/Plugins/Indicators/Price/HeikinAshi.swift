public import PluginKit
import RollingStatistics

/// Heikin-Ashi bars: bars whose open is the middle of the bar before, so that trends show as bodies of one colour.
///
/// ## Formula
/// ```
/// close'_t = (open_t + high_t + low_t + close_t) / 4
/// open'_t  = (open'_(t-1) + close'_(t-1)) / 2          open'_1 = (open_1 + close_1) / 2
/// high'_t  = max(high_t, open'_t, close'_t)            low'_t = min(low_t, open'_t, close'_t)
/// ```
///
/// | | |
/// |---|---|
/// | Input | `open`, `high`, `low`, `close`, quote currency |
/// | Output | quote currency |
/// | Parameters | none |
/// | Warm-up | 1 bar; recursive: the first open's weight after k more bars is 2^-k |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | never |
///
/// Source: M. Homma's candles as averaged in D. Valcu, *Using the Heikin-Ashi Technique*, 2004. Checked against: TA-Lib
/// 0.8.1 (`HA`), relative tolerance 1e-9.
public struct HeikinAshi: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "heikin_ashi", "Heikin-Ashi bars: averaged open, high, low and close.",
        outputs: [
            OutputColumn("open", unit: "quote currency", "Middle of the averaged bar before."),
            OutputColumn("high", unit: "quote currency", "Highest of high, averaged open and averaged close."),
            OutputColumn("low", unit: "quote currency", "Lowest of low, averaged open and averaged close."),
            OutputColumn("close", unit: "quote currency", "Mean of the four prices of the bar."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var open = Double.nan
        var close = Double.nan

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {}

        var warmUpLength: Int { 1 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableRange, bar.open.isUsable else { return false }
            let middle = open.isNaN ? (bar.open + bar.close) / 2 : (open + close) / 2
            let mean = (bar.open + bar.high + bar.low + bar.close) / 4
            (open, close) = (middle, mean)
            row[0] = middle
            row[1] = max(bar.high, middle, mean)
            row[2] = min(bar.low, middle, mean)
            row[3] = mean
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try state.numberOrNone(&open)
            try state.numberOrNone(&close)
        }
    }
}
