public import PluginKit
import RollingStatistics

/// Average directional index rating: the mean of the index now and almost a period ago.
///
/// ## Formula
/// ```
/// ADXR_t = (ADX_t + ADX_(t-n+1)) / 2
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, `close`, quote currency |
/// | Output | 0 ... 100, no unit |
/// | Parameters | `period`: 2 ... 100000, default 14 |
/// | Warm-up | `3 * period - 1` bars; recursive as `adx` |
/// | Cost | O(1) time a bar; `period` numbers of memory |
/// | Undefined | no movement: as `directional_index` |
///
/// Source: J. W. Wilder, *New Concepts in Technical Trading Systems*, 1978. Checked against: TA-Lib 0.8.1 (`ADXR`),
/// relative tolerance 1e-9.
public struct ADXR: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "adxr", "Mean of the average directional index now and almost a period ago.", unit: "0...100",
        [.period(from: 2, default: 14, "Bars of all of Wilder's averages.")])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var trend: TrendKernel
        var lag: Lag

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            trend = TrendKernel(period: try options.period(from: 2))
            lag = Lag(trend.index.sums.period - 1, in: &layout)
        }

        var warmUpLength: Int { trend.warmUpLength + lag.distance }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableRange else { return false }
            let value = trend.push(bar)
            row[0] = value.isNaN ? .nan : (value + lag.push(value, &memory)) / 2
            return true
        }

        mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows) {
            bars.forEachBlock { block in
                withTwoColumns { column, before in
                    let values = column.part(0..<block.count)
                    guard trend.hasStarted, trend.run(block, into: values) else {
                        return stepThrough(block, &memory, into: rows, from: block.start)
                    }
                    lag.run(values, &memory, into: before)
                    for index in values.indices { values[index] = (values[index] + before[index]) / 2 }
                    rows.write(values, to: 0, from: block.start)
                }
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try trend.code(&state)
            try lag.code(&state)
        }
    }
}
