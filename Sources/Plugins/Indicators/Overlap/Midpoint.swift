public import PluginKit
import RollingStatistics

/// Midpoint of the highest and the lowest value of the last bars.
///
/// ## Formula
/// ```
/// value_t = (max(x) + min(x)) / 2               over the last n bars
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source |
/// | Parameters | `period`: 2 ... 100000, default 14; `source` |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 2 `period` numbers of memory |
/// | Undefined | never |
///
/// Checked against: TA-Lib 0.8.1 (`MIDPOINT`), relative tolerance 1e-9.
public struct Midpoint: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "midpoint", "Midpoint of the highest and the lowest value of the last bars.", unit: "unit of the source",
        [.period(from: 2, default: 14, "Bars of the range."), .source()])

    var state: IndicatorState<PeriodCore<Kernel>>

    struct Kernel: PeriodKernel {
        static let leastPeriod = 2

        var window: RollingRange

        init(period: Int, in layout: inout WindowLayout) { window = RollingRange(period: period, in: &layout) }

        var warmUpLength: Int { window.period }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
            let (highest, lowest) = window.push(high: value, low: value, &memory)
            return (highest + lowest) / 2
        }

        mutating func run(_ input: NumberColumn, _ memory: inout MutableSpan<Double>, into output: NumberColumn) {
            withColumn { lowest in
                window.run(high: input, low: input, &memory, highest: output, lowest: lowest)
                for index in output.indices { output[index] = (output[index] + lowest[index]) / 2 }
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try window.code(&state) }
    }
}
