public import PluginKit
import RollingStatistics

/// Average directional index: how strong a trend is, whichever way it goes.
///
/// ## Formula
/// ```
/// ADX_(2n) = mean(DX_(n+1) ... DX_(2n))          ADX_t = ADX_(t-1) + (DX_t - ADX_(t-1)) / n
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, `close`, quote currency |
/// | Output | 0 ... 100, no unit |
/// | Parameters | `period`: 2 ... 100000, default 14 |
/// | Warm-up | `2 * period` bars; recursive: the seed's weight after k more bars is ((n - 1) / n)^k |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | no movement: as `directional_index` |
///
/// Source: J. W. Wilder, *New Concepts in Technical Trading Systems*, 1978. Checked against: TA-Lib 0.8.1 (`ADX`),
/// relative tolerance 1e-9.
public struct ADX: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "adx", "Average directional index: how strong a trend is, whichever way it goes.", unit: "0...100",
        [.period(from: 2, default: 14, "Bars of all of Wilder's averages.")])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var trend: TrendKernel

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            trend = TrendKernel(period: try options.period(from: 2))
        }

        var warmUpLength: Int { trend.warmUpLength }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableRange else { return false }
            row[0] = trend.push(bar)
            return true
        }

        mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows) {
            bars.forEachBlock { block in
                withColumn { column in
                    let values = column.part(0..<block.count)
                    guard trend.run(block, into: values) else {
                        return stepThrough(block, &memory, into: rows, from: block.start)
                    }
                    rows.write(values, to: 0, from: block.start)
                }
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try trend.code(&state) }
    }
}
