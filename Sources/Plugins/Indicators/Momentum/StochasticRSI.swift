public import PluginKit
import RollingStatistics

/// Stochastic RSI: where the relative strength index lies in its own recent range.
///
/// ## Formula
/// ```
/// K_t = 100 * (RSI_t - min(RSI)) / (max(RSI) - min(RSI))           over the last k values
/// D_t = average(K)_t
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | 0 ... 100, no unit |
/// | Parameters | `period` 14 from 2; `k_period` 5, `d_period` 3: 1 ... 100000; `d_average`: kind, default `sma`; `source` |
/// | Warm-up | `period + k_period` bars and those of the average, less 1; recursive as `rsi` |
/// | Cost | O(1) time a bar, amortised; 2 `k_period` numbers of memory and those of the average |
/// | Undefined | no range: 0, as TA-Lib |
///
/// Source: T. Chande and S. Kroll, *The New Technical Trader*, 1994. Checked against: TA-Lib 0.8.1 (`STOCHRSI`),
/// relative tolerance 1e-9.
public struct StochasticRSI: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "stochastic_rsi", "Where the relative strength index lies in its own recent range.",
        [
            .period(from: 2, default: 14, "Changes of the index."),
            .period("k_period", default: 5, "Values of its range."),
            .period("d_period", default: 3, "Values of k that d is taken over."),
            .average("d_average", default: .sma, "Kind of the average that gives d."), .source(),
        ],
        outputs: [
            OutputColumn("k", unit: "0...100", "Place of the index in its range."),
            OutputColumn("d", unit: "0...100", "Average of k."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var strength: StrengthKernel
        var window: RollingRange
        var average: MovingAverage
        let source: BarField

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            strength = StrengthKernel(period: try options.period(from: 2), in: &layout)
            window = RollingRange(period: try options.period("k_period"), in: &layout)
            average = try MovingAverage(options, kind: "d_average", period: "d_period", &layout)
            source = try BarField(options)
        }

        var warmUpLength: Int { strength.warmUpLength + window.period + average.warmUpLength - 2 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let value = source.value(of: bar)
            guard value.isUsable else { return false }
            row.clear()
            let index = strength.push(value, &memory)
            guard !index.isNaN else { return true }
            let (highest, lowest) = window.push(high: index, low: index, &memory)
            guard !highest.isNaN else { return true }
            let place = 100 * (index - lowest).over(highest - lowest)
            let d = average.push(place, &memory)
            row[0] = d.isNaN ? .nan : place
            row[1] = d
            return true
        }

        mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows) {
            bars.forEachBlock { block in
                withThreeColumns { line, highest, lowest in
                    guard source.copy(block, to: line), strength.isWarm else {
                        return stepThrough(block, &memory, into: rows, from: block.start)
                    }
                    let count = 0..<block.count
                    let (line, highest) = (line.part(count), highest.part(count))
                    strength.run(line, &memory, into: line)
                    window.run(high: line, low: line, &memory, highest: highest, lowest: lowest)
                    for index in count {
                        let place = 100 * (line[index] - lowest[index]).over(highest[index] - lowest[index])
                        line[index] = highest[index].isNaN ? .nan : place
                        highest[index] = line[index]
                    }
                    average.run(over: highest, &memory)
                    for index in count where highest[index].isNaN { line[index] = .nan }
                    rows.write(line, to: 0, from: block.start)
                    rows.write(highest, to: 1, from: block.start)
                }
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try strength.code(&state)
            try window.code(&state)
            try average.code(&state)
        }
    }
}
