public import PluginKit
import RollingStatistics

/// Average true range as a share of the close, so that instruments can be compared.
///
/// ## Formula
/// ```
/// NATR_t = 100 * ATR_t / close_t        ATR as in atr
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, `close`, quote currency |
/// | Output | percent, 0 or more |
/// | Parameters | `period`: 1 ... 100000, default 14 |
/// | Warm-up | `period + 1` bars; recursive as `atr` |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | `close = 0`: 0, as TA-Lib; `period` 1 is a share too, where TA-Lib gives the plain true range |
///
/// Source: J. Forman, *Technical Analysis of Stocks & Commodities*, May 2006. Checked against: TA-Lib 0.8.1 (`NATR`),
/// relative tolerance 1e-9.
public struct NATR: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "natr", "Average true range in percent of the close.", unit: "percent",
        [
            .period(default: 14, "True ranges that Wilder's average runs over.")
        ])

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
            row[0] = range.isNaN ? .nan : (100 * average.push(range)).over(bar.close)
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
                    for index in count { ranges[index] = (100 * ranges[index]).over(closes[index]) }
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
