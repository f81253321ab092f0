public import PluginKit
import RollingStatistics

/// Moving average convergence divergence: distance of a fast from a slow average, and its own average.
///
/// ## Formula
/// ```
/// MACD_t      = fast(x)_t - slow(x)_t
/// signal_t    = average(MACD)_t
/// histogram_t = MACD_t - signal_t
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | `macd`, `signal`, `histogram`: unit of the source |
/// | Parameters | `fast_period` 12, `slow_period` 26, `signal_period` 9: 1 ... 100000; `fast_average`, `slow_average`, `signal_average`: kind, default `ema`; `source` |
/// | Warm-up | that of the slower average and of the signal, less 1; `slow_period + signal_period - 1` bars for `ema` |
/// | Cost | that of the averages; O(1) time and memory a bar for `ema` |
/// | Undefined | never |
///
/// As in TA-Lib both averages have their first value at the same bar: the one with the shorter warm-up begins later.
/// Some terminals show twice the histogram. The order of the periods is free where the kinds differ, as in TA-Lib.
///
/// Source: G. Appel, *Technical Analysis: Power Tools for Active Investors*, 2005. Checked against: TA-Lib 0.8.1
/// (`MACD`, `MACDEXT`), relative tolerance 1e-9.
public struct MACD: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "macd", "Distance of a fast from a slow average, and its signal line.",
        [
            .period("fast_period", default: 12, "Bars of the fast average."),
            .period("slow_period", default: 26, "Bars of the slow average."),
            .period("signal_period", default: 9, "Bars of the average of the distance."),
            .average("fast_average", default: .ema, "Kind of the fast average."),
            .average("slow_average", default: .ema, "Kind of the slow average."),
            .average("signal_average", default: .ema, "Kind of the average of the distance."), .source(),
        ],
        outputs: [
            OutputColumn("macd", unit: "unit of the source", "Fast average less slow average."),
            OutputColumn("signal", unit: "unit of the source", "Average of macd."),
            OutputColumn("histogram", unit: "unit of the source", "macd less signal."),
        ])

    /// Finds a fast average that is not faster.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        configuration.faults(unless: "fast_period", isBelow: "slow_period")
    }

    var core: Core
    var memory: [Double]

    struct Core: BarCore {
        var pair: AveragePair
        var signal: MovingAverage
        let source: BarField

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            pair = AveragePair(
                fast: try MovingAverage(options, kind: "fast_average", period: "fast_period", &layout),
                slow: try MovingAverage(options, kind: "slow_average", period: "slow_period", &layout), isAligned: true)
            signal = try MovingAverage(options, kind: "signal_average", period: "signal_period", &layout)
            source = try BarField(options)
        }

        var warmUpLength: Int { pair.warmUpLength + signal.warmUpLength - 1 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let value = source.value(of: bar)
            guard value.isUsable else { return false }
            let averages = pair.push(value, &memory)
            let distance = averages.fast - averages.slow
            let signal = distance.isNaN ? .nan : signal.push(distance, &memory)
            row[0] = signal.isNaN ? .nan : distance
            row[1] = signal
            row[2] = distance - signal
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try pair.code(&state)
            try signal.code(&state)
        }
    }
}
