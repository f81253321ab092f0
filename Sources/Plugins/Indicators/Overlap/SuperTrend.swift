public import PluginKit
import RollingStatistics

/// SuperTrend: a stop at some average true ranges from the middle of the bar, that only moves with the trend.
///
/// ## Formula
/// ```
/// upper_t = median_t + c * ATR_t, but not above upper_(t-1) unless close_(t-1) > upper_(t-1)      lower likewise
/// up-trend:   value_t = lower_t, until close < lower_t           down-trend: value_t = upper_t, until close > upper_t
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, `close`, quote currency |
/// | Output | `value`: quote currency; `trend`: 1 up, -1 down |
/// | Parameters | `period`: 1 ... 100000, default 10; `multiplier` c: 0 ... 100, default 3 |
/// | Warm-up | `period + 1` bars; recursive as `atr` |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | never |
///
/// Source: O. Seban. Checked against: TA-Lib 0.8.1 (`SUPERTREND`), relative tolerance 1e-9.
public struct SuperTrend: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "supertrend", "A stop some average true ranges away that moves only with the trend.",
        [
            .period(default: 10, "Bars of the range."),
            .number("multiplier", 0...100, default: 3, "Distance from the middle of the bar in average true ranges."),
        ],
        outputs: [
            OutputColumn(
                "value", unit: "quote currency", "The stop: below the price in an up-trend, above it in a down-trend."),
            OutputColumn("trend", unit: "-1, 1", "1: up; -1: down."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var range = TrueRange()
        var ranges: ExponentialAverage
        let multiplier: Double
        var upper = Double.nan
        var lower = Double.nan
        var previous = Double.nan
        var isUp = true

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            ranges = ExponentialAverage(wilder: try options.period())
            multiplier = try options.number("multiplier")
        }

        var warmUpLength: Int { ranges.period + 1 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableRange else { return false }
            let range = range.push(high: bar.high, low: bar.low, close: bar.close)
            let half = range.isNaN ? .nan : multiplier * ranges.push(range)
            guard !half.isNaN else {
                previous = bar.close
                row.clear()
                return true
            }
            let top = bar.median + half
            let bottom = bar.median - half
            if upper.isNaN {
                (upper, lower) = (top, bottom)
            } else {
                if top < upper || previous > upper { upper = top }
                if bottom > lower || previous < lower { lower = bottom }
                isUp = isUp ? bar.close >= lower : bar.close > upper
            }
            previous = bar.close
            row[0] = isUp ? lower : upper
            row[1] = isUp ? 1 : -1
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try range.code(&state)
            try ranges.code(&state)
            try state.numberOrNone(&upper)
            try state.numberOrNone(&lower)
            try state.numberOrNone(&previous)
            try state.flag(&isUp)
        }
    }
}
