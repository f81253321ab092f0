public import PluginKit
import RollingStatistics

/// Awesome oscillator: a fast mean of midpoints less a slow one.
///
/// ## Formula
/// ```
/// AO_t = SMA(median, fast)_t - SMA(median, slow)_t
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, quote currency |
/// | Output | quote currency |
/// | Parameters | `fast_period` 5, `slow_period` 34: 1 ... 100000, `fast_period` below `slow_period` |
/// | Warm-up | `slow_period` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; `fast_period + slow_period` numbers of memory |
/// | Undefined | never |
///
/// Source: B. Williams, *Trading Chaos*, 1995. Checked against: TA-Lib 0.8.1 (`AO`), relative tolerance 1e-9.
public struct AwesomeOscillator: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "awesome_oscillator", "A fast mean of midpoints less a slow one.", unit: "quote currency",
        [
            .period("fast_period", default: 5, "Bars of the fast mean."),
            .period("slow_period", default: 34, "Bars of the slow mean."),
        ])

    /// Finds a fast mean that is not faster.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        configuration.faults(unless: "fast_period", isBelow: "slow_period")
    }

    var state: IndicatorState<Core>

    struct Core: NumberCore {
        var kernel: Kernel

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            kernel = try Kernel(options, &layout)
        }

        @inline(__always)
        func number(of bar: Bar) -> Double { bar.hasUsableSpan ? bar.median : .nan }
    }

    /// A fast mean less a slow one.
    struct Kernel: OptionKernel {
        var fast: SimpleAverage
        var slow: SimpleAverage

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            fast = SimpleAverage(period: try options.period("fast_period"), in: &layout)
            slow = SimpleAverage(period: try options.period("slow_period"), in: &layout)
        }

        var warmUpLength: Int { max(fast.warmUpLength, slow.warmUpLength) }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
            fast.push(value, &memory) - slow.push(value, &memory)
        }

        mutating func run(_ input: NumberColumn, _ memory: inout MutableSpan<Double>, into output: NumberColumn) {
            withColumn { late in
                let late = late.part(input.indices)
                slow.run(input, &memory, into: late)
                fast.run(input, &memory, into: output)
                for index in output.indices { output[index] -= late[index] }
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try fast.code(&state)
            try slow.code(&state)
        }
    }
}
