public import PluginKit
import RollingStatistics

/// Moving average convergence divergence: distance of a fast from a slow average, and its own average.
///
/// ## Formula
/// ```
/// MACD_t      = EMA_fast(x)_t - EMA_slow(x)_t
/// signal_t    = EMA_signal(MACD)_t
/// histogram_t = MACD_t - signal_t
/// ```
/// As in TA-Lib both averages have their first value at the same bar: the slow one starts as the mean of the first `slow`
/// values, the fast one as the mean of the last `fast` among these. Some terminals show twice the histogram.
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | `macd`, `signal`, `histogram`: unit of the source |
/// | Parameters | `fast_period` 12, `slow_period` 26, `signal_period` 9: 1 ... 100000, fast below slow; `source` |
/// | Warm-up | `slow_period + signal_period - 1` bars for all three; recursive as `EMA` |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | never |
///
/// Source: G. Appel, *Technical Analysis: Power Tools for Active Investors*, 2005. Checked against: TA-Lib 0.8.1 (`MACD`),
/// relative tolerance 1e-12.
public struct MACD: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .indicator, name: "macd", summary: "Distance of a fast from a slow average, and its signal line.",
        schema: ConfigurationSchema([
            .integer("fast_period", 1...100_000, default: 12, unit: "bars", "Bars of the fast average."),
            .integer("slow_period", 1...100_000, default: 26, unit: "bars", "Bars of the slow average."),
            .integer("signal_period", 1...100_000, default: 9, unit: "bars", "Bars of the average of the distance."),
            .source(),
        ]),
        outputs: [
            OutputColumn("macd", unit: "unit of the source", "Fast average less slow average."),
            OutputColumn("signal", unit: "unit of the source", "Exponential average of macd."),
            OutputColumn("histogram", unit: "unit of the source", "macd less signal."),
        ])

    /// Finds a fast average that is not faster.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        guard let fast = try? configuration.integer("fast_period"),
            let slow = try? configuration.integer("slow_period"), fast >= slow
        else { return [] }
        return [
            ConfigurationFault(
                option: "fast_period", "'fast_period' is \(fast); allowed below 'slow_period', which is \(slow).")
        ]
    }

    var core: Core
    var memory: [Double] = []

    /// Builds averages that have seen no bar.
    public init(_ configuration: Configuration) throws(PluginError) {
        let fast = try configuration.period("fast_period")
        let slow = try configuration.period("slow_period")
        if let fault = Self.validate(configuration).first {
            throw PluginError(.configuration, "\(configuration.instance): \(fault.message) Set it in plugins.yaml.")
        }
        core = Core(
            fast: ExponentialAverage(period: fast), slow: ExponentialAverage(period: slow),
            signal: ExponentialAverage(period: try configuration.period("signal_period")),
            source: try BarField(configuration), wait: slow - fast)
    }

    /// `slow_period + signal_period - 1`.
    public var warmUpLength: Int { core.slow.period + core.signal.period - 1 }

    struct Core: BarCore {
        var fast: ExponentialAverage
        var slow: ExponentialAverage
        var signal: ExponentialAverage
        let source: BarField
        /// Bars the fast average has still to wait for.
        var wait: Int

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let value = source.value(of: bar)
            guard value.isUsable else { return false }
            let slow = slow.push(value)
            guard wait == 0 else {
                wait -= 1
                row.clear()
                return true
            }
            let distance = fast.push(value) - slow
            let signal = distance.isNaN ? .nan : signal.push(distance)
            row[0] = signal.isNaN ? .nan : distance
            row[1] = signal
            row[2] = distance - signal
            return true
        }

        func save(to writer: inout StateWriter) {
            fast.save(to: &writer)
            slow.save(to: &writer)
            signal.save(to: &writer)
            writer.write(wait)
        }

        mutating func restore(from reader: inout StateReader) throws(PluginError) {
            try fast.restore(from: &reader)
            try slow.restore(from: &reader)
            try signal.restore(from: &reader)
            wait = try reader.readInt(in: 0...(slow.period - fast.period))
        }
    }
}
