public import PluginKit
import RollingStatistics

/// Stochastic oscillator: where the close lies in the recent range, smoothed.
///
/// ## Formula
/// ```
/// raw_t = 100 * (close_t - L_t) / (H_t - L_t)            H, L: highest high, lowest low of the last n bars
/// fast_t = raw_t       slow_t = average_k(raw)_t         signal_t = average_d(slow)_t
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, `close`, quote currency |
/// | Output | 0 ... 100, no unit |
/// | Parameters | `period` 5, `k_period` 3 (1: the fast form, `STOCHF`), `d_period` 3: 1 ... 100000; `k_average`, `d_average`: kind, default `sma` |
/// | Warm-up | `period` bars and those of both averages, less 2 |
/// | Cost | O(1) time a bar, amortised; 2 `period` numbers of memory and those of the averages |
/// | Undefined | `H = L` (no range): 0, as TA-Lib |
///
/// Source: G. Lane. Checked against: TA-Lib 0.8.1 (`STOCH`, `STOCHF`), relative tolerance 1e-9.
public struct Stochastic: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "stochastic", "Where the close lies in the recent range, smoothed.",
        [
            .period(default: 5, "Bars of the range."),
            .period("k_period", default: 3, "Values that k is smoothed over."),
            .period("d_period", default: 3, "Values of k that d is taken over."),
            .average("k_average", default: .sma, "Kind of the average that gives k."),
            .average("d_average", default: .sma, "Kind of the average that gives d."),
        ],
        outputs: [
            OutputColumn("k", unit: "0...100", "Place of the close in the recent range, smoothed."),
            OutputColumn("d", unit: "0...100", "Average of k."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var window: RollingRange
        var k: MovingAverage
        var d: MovingAverage

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            window = RollingRange(period: try options.period(), in: &layout)
            k = try MovingAverage(options, kind: "k_average", period: "k_period", &layout)
            d = try MovingAverage(options, kind: "d_average", period: "d_period", &layout)
        }

        var warmUpLength: Int { window.period + k.warmUpLength + d.warmUpLength - 2 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableRange else { return false }
            let (highest, lowest) = window.push(high: bar.high, low: bar.low, &memory)
            row.clear()
            guard !highest.isNaN else { return true }
            let k = k.push((100 * ((bar.close - lowest) / (highest - lowest))).orZero, &memory)
            guard !k.isNaN else { return true }
            let d = d.push(k, &memory)
            row[0] = d.isNaN ? .nan : k
            row[1] = d
            return true
        }

        mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows) {
            bars.forEachBlock { block in
                withThreeColumns { highs, lows, closes in
                    guard block.copyRange(highs, lows, closes) else {
                        return stepThrough(block, &memory, into: rows, from: block.start)
                    }
                    let count = 0..<block.count
                    let (highs, lows, line) = (highs.part(count), lows.part(count), closes.part(count))
                    window.run(high: highs, low: lows, &memory, highest: highs, lowest: lows)
                    for index in count {
                        let place = (100 * ((line[index] - lows[index]) / (highs[index] - lows[index]))).orZero
                        line[index] = highs[index].isNaN ? .nan : place
                    }
                    k.run(over: line, &memory)
                    for index in count { highs[index] = line[index] }
                    d.run(over: highs, &memory)
                    for index in count where highs[index].isNaN { line[index] = .nan }
                    rows.write(line, to: 0, from: block.start)
                    rows.write(highs, to: 1, from: block.start)
                }
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try window.code(&state)
            try k.code(&state)
            try d.code(&state)
        }
    }
}
