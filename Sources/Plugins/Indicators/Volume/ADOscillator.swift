public import PluginKit
import RollingStatistics

/// Chaikin's oscillator: a fast average of the accumulation/distribution line less a slow one.
///
/// ## Formula
/// ```
/// E_t = E_(t-1) + 2 / (n + 1) * (AD_t - E_(t-1))        E_1 = AD_1
/// value_t = E_t(fast) - E_t(slow)
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, `close`, quote currency; `volume`, shares |
/// | Output | shares |
/// | Parameters | `fast_period` 3, `slow_period` 10: 1 ... 100000 |
/// | Warm-up | the longer period; recursive: the first line's weight after k more bars is (1 - 2 / (n + 1))^k |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | as `ad` |
///
/// Source: M. Chaikin. Checked against: TA-Lib 0.8.1 (`ADOSC`), relative tolerance 1e-9.
public struct ADOscillator: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "ad_oscillator", "A fast average of the ad line less a slow one.", unit: "shares",
        [
            .period("fast_period", default: 3, "Bars of the fast average."),
            .period("slow_period", default: 10, "Bars of the slow average."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var line: AccumulationDistribution.Core
        var fast: ExponentialAverage
        var slow: ExponentialAverage
        let longest: Int
        var seen = 0

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            line = try AccumulationDistribution.Core(options, &layout)
            let periods = (try options.period("fast_period"), try options.period("slow_period"))
            fast = ExponentialAverage(fromFirst: periods.0)
            slow = ExponentialAverage(fromFirst: periods.1)
            longest = max(periods.0, periods.1)
        }

        var warmUpLength: Int { longest }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard line.step(bar, &memory, into: row) else { return false }
            let difference = fast.push(line.total) - slow.push(line.total)
            if seen < longest { seen += 1 }
            row[0] = seen < longest ? .nan : difference
            return true
        }

        mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows) {
            bars.forEachBlock { block in
                withColumn { column in
                    let totals = column.part(0..<block.count)
                    guard seen == longest, line.add(block, into: totals) else {
                        return stepThrough(block, &memory, into: rows, from: block.start)
                    }
                    for index in totals.indices { totals[index] = fast.next(totals[index]) - slow.next(totals[index]) }
                    rows.write(totals, to: 0, from: block.start)
                }
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try line.code(&state)
            try fast.code(&state)
            try slow.code(&state)
            try state.count(&seen, in: 0...longest)
        }
    }
}
