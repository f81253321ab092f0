public import PluginKit
import RollingStatistics

/// Momentum: change over some bars.
///
/// ## Formula
/// ```
/// value_t = x_t - x_(t-n)
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source |
/// | Parameters | `period`: 1 ... 100000, default 10; `source` |
/// | Warm-up | `period + 1` bars; what is older has no weight |
/// | Cost | O(1) time a bar; `period` numbers of memory |
/// | Undefined | never |
///
/// Checked against: TA-Lib 0.8.1 (`MOM`), relative tolerance 1e-9.
public struct Momentum: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "momentum", "Change over some bars.", unit: "unit of the source",
        [.period(default: 10, "Bars the change is taken over."), .source()])

    var state: IndicatorState<PeriodCore<Kernel>>

    struct Kernel: PeriodKernel {
        var lag: Lag

        init(period: Int, in layout: inout WindowLayout) { lag = Lag(period, in: &layout) }

        var warmUpLength: Int { lag.warmUpLength }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
            value - lag.push(value, &memory)
        }

        mutating func run(_ input: NumberColumn, _ memory: inout MutableSpan<Double>, into output: NumberColumn) {
            withColumn { before in
                lag.run(input, &memory, into: before)
                for index in input.indices { output[index] = input[index] - before[index] }
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try lag.code(&state) }
    }
}
