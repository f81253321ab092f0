public import PluginKit
import RollingStatistics

/// Average true range: how far a bar usually moves, gaps included.
///
/// ## Formula
/// ```
/// TR_t  = max(high_t - low_t, |high_t - close_(t-1)|, |low_t - close_(t-1)|)
/// ATR_n = mean(TR_1 ... TR_n)                  ATR_t = ATR_(t-1) + (TR_t - ATR_(t-1)) / n
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, `close`, quote currency |
/// | Output | quote currency, 0 or more |
/// | Parameters | `period`: 1 ... 100000, default 14 |
/// | Warm-up | `period + 1` bars; recursive: the seed's weight after k more bars is ((n - 1) / n)^k |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | never |
///
/// Source: J. W. Wilder, *New Concepts in Technical Trading Systems*, 1978. Checked against: TA-Lib 0.8.1 (`ATR`),
/// relative tolerance 1e-12.
public struct ATR: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "atr", "Average true range: how far a bar usually moves.", unit: "quote currency",
        [.period(default: 14, "True ranges that Wilder's average runs over.")])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var range = TrueRange()
        var average: ExponentialAverage

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            average = ExponentialAverage(wilder: try options.period())
        }

        var warmUpLength: Int { average.period + 1 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableRange else { return false }
            let range = range.push(high: bar.high, low: bar.low, close: bar.close)
            row[0] = range.isNaN ? .nan : average.push(range)
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
                    average.run(over: ranges, &memory)
                    rows.write(ranges, to: 0, from: block.start)
                }
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try range.code(&state)
            try average.code(&state)
        }
    }
}
