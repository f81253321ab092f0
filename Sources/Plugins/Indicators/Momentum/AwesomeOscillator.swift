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

    var core: Core
    var memory: [Double]

    struct Core: BarCore {
        var fast: SimpleAverage
        var slow: SimpleAverage

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            fast = SimpleAverage(period: try options.period("fast_period"), in: &layout)
            slow = SimpleAverage(period: try options.period("slow_period"), in: &layout)
        }

        var warmUpLength: Int { max(fast.warmUpLength, slow.warmUpLength) }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard let difference = push(bar, &memory) else { return false }
            row[0] = difference
            return true
        }

        /// Takes a bar; returns the difference, NaN while it warms up, `nil` where the bar is refused.
        @inline(__always)
        mutating func push(_ bar: Bar, _ memory: inout MutableSpan<Double>) -> Double? {
            guard bar.hasUsableSpan else { return nil }
            return fast.push(bar.median, &memory) - slow.push(bar.median, &memory)
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try fast.code(&state)
            try slow.code(&state)
        }
    }
}
