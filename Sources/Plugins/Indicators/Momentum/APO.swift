public import PluginKit
import RollingStatistics

/// Absolute price oscillator: distance of a fast from a slow average.
///
/// ## Formula
/// ```
/// APO_t = fast(x)_t - slow(x)_t
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source |
/// | Parameters | `fast_period` 12, `slow_period` 26: 1 ... 100000, fast below slow; `average`: kind, default `ema`; `source` |
/// | Warm-up | that of the slower average |
/// | Cost | that of the averages |
/// | Undefined | never |
///
/// Checked against: TA-Lib 0.8.1 (`APO`), relative tolerance 1e-9.
public struct APO: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "apo", "Absolute price oscillator: a fast average less a slow one.", unit: "unit of the source",
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
            return averages.fast - averages.slow
        }

        mutating func run(_ input: NumberColumn, _ memory: inout MutableSpan<Double>, into output: NumberColumn) {
            withColumn { slow in
                pair.run(input, &memory, fast: output, slow: slow)
                for index in output.indices { output[index] -= slow[index] }
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try pair.code(&state) }
    }
}
