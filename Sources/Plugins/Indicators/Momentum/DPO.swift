public import PluginKit
import RollingStatistics

/// Detrended price oscillator: an older value less the mean that is centred on it.
///
/// ## Formula
/// ```
/// DPO_t = x_(t - n/2 - 1) - SMA(x, n)_t        n/2 rounded down
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source |
/// | Parameters | `period`: 2 ... 100000, default 20; `source` |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 2 `period` numbers of memory |
/// | Undefined | never |
///
/// Of the two forms in use this one looks back, and never ahead.
///
/// Checked against: TA-Lib 0.8.1 (`DPO`), relative tolerance 1e-9.
public struct DPO: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "dpo", "An older value less the mean that is centred on it.", unit: "unit of the source",
        [
            .period(from: 2, default: 20, "Bars of the mean."),
            .source(),
        ])

    var state: IndicatorState<PeriodCore<Kernel>>

    struct Kernel: PeriodKernel {
        static let leastPeriod = 2

        var before: Lag
        var mean: SimpleAverage

        init(period: Int, in layout: inout WindowLayout) {
            before = Lag(period / 2 + 1, in: &layout)
            mean = SimpleAverage(period: period, in: &layout)
        }

        var warmUpLength: Int { max(mean.warmUpLength, before.warmUpLength) }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
            before.push(value, &memory) - mean.push(value, &memory)
        }

        mutating func run(_ input: NumberColumn, _ memory: inout MutableSpan<Double>, into output: NumberColumn) {
            withColumn { old in
                before.run(input, &memory, into: old)
                mean.run(input, &memory, into: output)
                for index in output.indices { output[index] = old[index] - output[index] }
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try before.code(&state)
            try mean.code(&state)
        }
    }
}
