public import PluginKit
import RollingStatistics

/// Accelerator oscillator: the awesome oscillator less its own mean.
///
/// ## Formula
/// ```
/// AC_t = AO_t - SMA(AO, signal)_t        AO as in awesome_oscillator
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, quote currency |
/// | Output | quote currency |
/// | Parameters | `fast_period` 5, `slow_period` 34, `signal_period` 5: 1 ... 100000, `fast_period` below `slow_period` |
/// | Warm-up | `slow_period + signal_period - 1` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; a number of memory for each bar of the three means |
/// | Undefined | never |
///
/// Source: B. Williams, *New Trading Dimensions*, 1998. Checked against: TA-Lib 0.8.1 (`AC`), relative tolerance 1e-9.
public struct AcceleratorOscillator: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "accelerator_oscillator", "The awesome oscillator less its own mean.", unit: "quote currency",
        [
            .period("fast_period", default: 5, "Bars of the fast mean."),
            .period("slow_period", default: 34, "Bars of the slow mean."),
            .period("signal_period", default: 5, "Bars of the oscillator's own mean."),
        ])

    /// Finds a fast mean that is not faster.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        configuration.faults(unless: "fast_period", isBelow: "slow_period")
    }

    var state: IndicatorState<Core>

    struct Core: NumberCore {
        var kernel: Kernel

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            kernel = Kernel(
                oscillator: try AwesomeOscillator.Kernel(options, &layout),
                mean: SimpleAverage(period: try options.period("signal_period"), in: &layout))
        }

        @inline(__always)
        func number(of bar: Bar) -> Double { bar.hasUsableSpan ? bar.median : .nan }
    }

    /// An oscillator less its own mean.
    struct Kernel: SeriesKernel {
        var oscillator: AwesomeOscillator.Kernel
        var mean: SimpleAverage

        var warmUpLength: Int { oscillator.warmUpLength + mean.warmUpLength - 1 }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
            let difference = oscillator.push(value, &memory)
            return difference.isNaN ? .nan : difference - mean.push(difference, &memory)
        }

        mutating func run(_ input: NumberColumn, _ memory: inout MutableSpan<Double>, into output: NumberColumn) {
            oscillator.run(input, &memory, into: output)
            withColumn { means in
                let means = means.part(output.indices)
                means.copy(from: output)
                mean.run(over: means, &memory)
                for index in output.indices { output[index] -= means[index] }
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try oscillator.code(&state)
            try mean.code(&state)
        }
    }
}
