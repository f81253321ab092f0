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

    var core: Core
    var memory: [Double]

    struct Core: BarCore {
        var oscillator: AwesomeOscillator.Core
        var mean: SimpleAverage

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            oscillator = try AwesomeOscillator.Core(options, &layout)
            mean = SimpleAverage(period: try options.period("signal_period"), in: &layout)
        }

        var warmUpLength: Int { oscillator.warmUpLength + mean.warmUpLength - 1 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard let value = oscillator.push(bar, &memory) else { return false }
            row[0] = value.isNaN ? .nan : value - mean.push(value, &memory)
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try oscillator.code(&state)
            try mean.code(&state)
        }
    }
}
