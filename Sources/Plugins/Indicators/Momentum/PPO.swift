public import PluginKit
import RollingStatistics

/// Percentage price oscillator: distance of a fast from a slow average in percent of the slow one.
///
/// ## Formula
/// ```
/// PPO_t = 100 * (fast(x)_t - slow(x)_t) / slow(x)_t
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default; with `source: volume` it is the percentage volume oscillator |
/// | Output | percent |
/// | Parameters | `fast_period` 12, `slow_period` 26: 1 ... 100000, fast below slow; `average`: kind, default `ema`; `source` |
/// | Warm-up | that of the slower average |
/// | Cost | that of the averages |
/// | Undefined | `slow = 0`: 0, as TA-Lib |
///
/// Checked against: TA-Lib 0.8.1 (`PPO`, `PVO`), relative tolerance 1e-9.
public struct PPO: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "ppo", "Percentage price oscillator: a fast average over a slow one.", unit: "percent",
        AveragePair.options + [.source()])

    /// Finds a fast average that is not faster.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        configuration.faults(unless: "fast_period", isBelow: "slow_period")
    }

    var state: IndicatorState<SourceCore<Kernel>>

    struct Kernel: OptionKernel {
        var pair: AveragePair

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            pair = try AveragePair(options, &layout)
        }

        var warmUpLength: Int { pair.warmUpLength }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
            let averages = pair.push(value, &memory)
            return (100 * (averages.fast - averages.slow)).over(averages.slow)
        }

        mutating func run(_ input: NumberColumn, _ memory: inout MutableSpan<Double>, into output: NumberColumn) {
            withColumn { slow in
                pair.run(input, &memory, fast: output, slow: slow)
                for index in output.indices {
                    output[index] = (100 * (output[index] - slow[index])).over(slow[index])
                }
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try pair.code(&state) }
    }
}
