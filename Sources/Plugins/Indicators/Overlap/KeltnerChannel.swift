public import PluginKit
import RollingStatistics

/// Keltner channel: an exponential average with a band of average true ranges around it.
///
/// ## Formula
/// ```
/// middle_t = EMA_n(p)_t        upper_t, lower_t = middle_t +- c * ATR_m,t        p = (high + low + close) / 3
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, `close`, quote currency |
/// | Output | quote currency |
/// | Parameters | `period` n: 1 ... 100000, default 20; `range_period` m: 1 ... 100000, default 10; `multiplier` c: 0 ... 100, default 2 |
/// | Warm-up | max(`period`, `range_period + 1`) bars; recursive as `ema` and `atr` |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | never |
///
/// As in TA-Lib average and range have their first value at the same bar: the one with the shorter warm-up begins
/// later.
///
/// Source: C. Keltner, *How to Make Money in Commodities*, 1960, in the form of L. Raschke. Checked against: TA-Lib
/// 0.8.1 (`KC`), relative tolerance 1e-9.
public struct KeltnerChannel: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "keltner_channel", "Exponential average with a band of average true ranges around it.",
        [
            .period(default: 20, "Bars of the exponential average."),
            .period("range_period", default: 10, "Bars of the range."),
            .number("multiplier", 0...100, default: 2, "Half width of the band in average true ranges."),
        ],
        outputs: [
            OutputColumn("upper", unit: "quote currency", "Middle plus the ranges."),
            OutputColumn("middle", unit: "quote currency", "Exponential average of the typical price."),
            OutputColumn("lower", unit: "quote currency", "Middle less the ranges."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var average: ExponentialAverage
        var range = TrueRange()
        var ranges: ExponentialAverage
        let multiplier: Double
        var seen = 0

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            average = ExponentialAverage(period: try options.period())
            ranges = ExponentialAverage(wilder: try options.period("range_period"))
            multiplier = try options.number("multiplier")
        }

        var warmUpLength: Int { max(average.period, ranges.period + 1) }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableRange else { return false }
            if seen < warmUpLength { seen += 1 }
            let range = range.push(high: bar.high, low: bar.low, close: bar.close)
            let middle = seen > warmUpLength - average.period ? average.push(bar.typical) : .nan
            let half = seen > warmUpLength - ranges.period ? multiplier * ranges.push(range) : .nan
            row[0] = middle + half
            row[1] = half.isNaN ? .nan : middle
            row[2] = middle - half
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try average.code(&state)
            try range.code(&state)
            try ranges.code(&state)
            try state.count(&seen, in: 0...warmUpLength)
        }
    }
}
