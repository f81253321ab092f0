public import PluginKit
import RollingStatistics

/// Stochastic momentum index: how far the close is from the middle of the recent range, smoothed twice.
///
/// ## Formula
/// ```
/// d_t = close_t - (H_t + L_t) / 2        H, L: highest high, lowest low of the last n bars
/// SMI = 100 * EMA(EMA(d, slow), fast) / (EMA(EMA(H - L, slow), fast) / 2)        signal = EMA(SMI)
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, `close`, quote currency |
/// | Output | -100 ... 100, no unit |
/// | Parameters | `period` of the range 13, `fast_period` 2, `slow_period` 25, `signal_period` 9: 1 ... 100000 |
/// | Warm-up | the sum of all four less 3 bars; recursive as `ema` |
/// | Cost | O(1) time a bar, amortised; 2 `period` numbers of memory |
/// | Undefined | no range: 0, as TA-Lib |
///
/// Source: W. Blau, *Momentum, Direction, and Divergence*, 1995. Checked against: TA-Lib 0.8.1 (`SMI`), relative
/// tolerance 1e-9.
public struct SMI: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "smi", "Distance of the close from the middle of the range, smoothed twice.",
        [
            .period(default: 13, "Bars of the range."),
            .period("fast_period", default: 2, "Bars of the second average."),
            .period("slow_period", default: 25, "Bars of the first average."),
            .period("signal_period", default: 9, "Bars of the signal's average."),
        ],
        outputs: [
            OutputColumn("smi", unit: "-100...100", "The index."),
            OutputColumn("signal", unit: "-100...100", "Its exponential average."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var window: RollingRange
        var distances: Cascade<ExponentialAverage, ExponentialAverage>
        var ranges: Cascade<ExponentialAverage, ExponentialAverage>
        var signal: ExponentialAverage

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            window = RollingRange(period: try options.period(), in: &layout)
            distances = Cascade(
                first: ExponentialAverage(period: try options.period("slow_period")),
                second: ExponentialAverage(period: try options.period("fast_period")))
            ranges = distances
            signal = ExponentialAverage(period: try options.period("signal_period"))
        }

        var warmUpLength: Int { window.period + distances.warmUpLength + signal.period - 2 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableRange else { return false }
            let (highest, lowest) = window.push(high: bar.high, low: bar.low, &memory)
            row.clear()
            guard !highest.isNaN else { return true }
            let index = smooth(bar.close, highest, lowest, &memory)
            row[0] = index.value
            row[1] = index.average
            return true
        }

        @inline(__always)
        private mutating func smooth(
            _ close: Double, _ highest: Double, _ lowest: Double, _ memory: inout MutableSpan<Double>
        ) -> (value: Double, average: Double) {
            let distance = distances.push(close - (highest + lowest) / 2, &memory)
            let range = ranges.push(highest - lowest, &memory)
            guard !distance.isNaN else { return (.nan, .nan) }
            let value = (100 * distance).over(range / 2).orZero
            let average = signal.push(value)
            return average.isNaN ? (.nan, .nan) : (value, average)
        }

        mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows) {
            bars.forEachBlock { block in
                withThreeColumns { highs, lows, closes in
                    let count = 0..<block.count
                    let (highs, lows, closes) = (highs.part(count), lows.part(count), closes.part(count))
                    guard window.isFull, block.copyRange(highs, lows, closes) else {
                        return stepThrough(block, &memory, into: rows, from: block.start)
                    }
                    window.run(high: highs, low: lows, &memory, highest: highs, lowest: lows)
                    for index in count {
                        (highs[index], lows[index]) = smooth(closes[index], highs[index], lows[index], &memory)
                    }
                    rows.write(highs, to: 0, from: block.start)
                    rows.write(lows, to: 1, from: block.start)
                }
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try window.code(&state)
            try distances.code(&state)
            try ranges.code(&state)
            try signal.code(&state)
        }
    }
}
