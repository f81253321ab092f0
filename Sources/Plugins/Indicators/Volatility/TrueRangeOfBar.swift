public import PluginKit
import RollingStatistics

/// True range: how far the bar moved, a gap at its open included.
///
/// ## Formula
/// ```
/// TR_t = max(high_t - low_t, |high_t - close_(t-1)|, |low_t - close_(t-1)|)
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, `close`, quote currency |
/// | Output | quote currency, 0 or more |
/// | Parameters | none |
/// | Warm-up | 2 bars |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | never |
///
/// Source: J. W. Wilder, *New Concepts in Technical Trading Systems*, 1978. Checked against: TA-Lib 0.8.1 (`TRANGE`),
/// relative tolerance 1e-9.
public struct TrueRangeOfBar: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "true_range", "True range: how far the bar moved, gap included.", unit: "quote currency")

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var range = TrueRange()

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {}

        var warmUpLength: Int { 2 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableRange else { return false }
            row[0] = range.push(high: bar.high, low: bar.low, close: bar.close)
            return true
        }

        mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows) {
            bars.forEachBlock { block in
                withFourColumns { highs, lows, closes, column in
                    guard block.copyRange(highs, lows, closes) else {
                        return stepThrough(block, &memory, into: rows, from: block.start)
                    }
                    let count = 0..<block.count
                    let ranges = column.part(count)
                    range.run(high: highs.part(count), low: lows.part(count), close: closes.part(count), into: ranges)
                    rows.write(ranges, to: 0, from: block.start)
                }
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try range.code(&state) }
    }
}
