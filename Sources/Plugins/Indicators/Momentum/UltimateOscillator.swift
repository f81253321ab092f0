public import PluginKit
import RollingStatistics

/// Ultimate oscillator: buying pressure over true range, over three spans at once.
///
/// ## Formula
/// ```
/// l = min(low_t, close_(t-1))        pressure_t = close_t - l        range_t = true range
/// a_n = sum(pressure) / sum(range) over n bars           value_t = 100 * (4 * a_short + 2 * a_middle + a_long) / 7
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, `close`, quote currency |
/// | Output | 0 ... 100, no unit |
/// | Parameters | `short_period` 7, `middle_period` 14, `long_period` 28: 1 ... 100000 |
/// | Warm-up | longest period plus 1 bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised |
/// | Undefined | no range over a span: its part is 0, as TA-Lib |
///
/// The weights go to the periods by their length, whatever their names, as in TA-Lib.
///
/// Source: L. Williams, 1985. Checked against: TA-Lib 0.8.1 (`ULTOSC`), relative tolerance 1e-9.
public struct UltimateOscillator: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "ultimate_oscillator", "Buying pressure over true range, over three spans at once.", unit: "0...100",
        [
            .period("short_period", default: 7, "Bars of the span that counts 4 times."),
            .period("middle_period", default: 14, "Bars of the span that counts twice."),
            .period("long_period", default: 28, "Bars of the span that counts once."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var range = TrueRange()
        var previous = Double.nan
        var pressures: [3 of RollingSum]
        var ranges: [3 of RollingSum]

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            let names = ["short_period", "middle_period", "long_period"]
            var periods: [Int] = []
            for name in names { periods.append(try options.period(name)) }
            periods.sort()
            pressures = [3 of RollingSum] { RollingSum(period: periods[$0], in: &layout) }
            ranges = [3 of RollingSum] { RollingSum(period: periods[$0], in: &layout) }
        }

        var warmUpLength: Int { pressures[2].period + 1 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableRange else { return false }
            let range = range.push(high: bar.high, low: bar.low, close: bar.close)
            let pressure = bar.close - min(bar.low, previous)
            previous = bar.close
            guard !range.isNaN else {
                row[0] = .nan
                return true
            }
            var sum = 0.0
            for index in 0..<3 {
                let part = pressures[index].push(pressure, &memory).over(ranges[index].push(range, &memory))
                sum += Double(4 >> index) * part
            }
            row[0] = 100 * (sum / 7)
            return true
        }

        mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows) {
            bars.forEachBlock { block in
                withFourColumns { gains, moves, sums, totals in
                    guard block.copyRange(gains, moves, sums), !previous.isNaN else {
                        return stepThrough(block, &memory, into: rows, from: block.start)
                    }
                    let count = 0..<block.count
                    let (gains, moves) = (gains.part(count), moves.part(count))
                    for index in count {
                        let (high, low, close) = (gains[index], moves[index], sums[index])
                        gains[index] = close - (low < previous ? low : previous)
                        moves[index] = range.push(high: high, low: low, close: close)
                        previous = close
                    }
                    withColumn { output in
                        let output = output.part(count)
                        for index in count { output[index] = 0 }
                        for part in 0..<3 {
                            pressures[part].run(gains, &memory, into: sums)
                            ranges[part].run(moves, &memory, into: totals)
                            for index in count { output[index] += Double(4 >> part) * sums[index].over(totals[index]) }
                        }
                        for index in count { output[index] = 100 * (output[index] / 7) }
                        rows.write(output, to: 0, from: block.start)
                    }
                }
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try range.code(&state)
            try state.numberOrNone(&previous)
            for index in 0..<3 {
                try pressures[index].code(&state)
                try ranges[index].code(&state)
            }
        }
    }
}
