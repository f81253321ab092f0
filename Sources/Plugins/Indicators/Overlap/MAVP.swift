public import PluginKit
import RollingStatistics

/// Moving average whose length is that of the cycle that rules.
///
/// ## Formula
/// ```
/// p_t = period of dominant_cycle, rounded down, within min_period ... max_period        value_t = mean(x_(t-p+1) ... x_t)
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source |
/// | Parameters | `min_period` 2, `max_period` 30: 2 ... 50, `min_period` below `max_period`; `source` |
/// | Warm-up | 33 bars, or `max_period` if that is more; recursive as `dominant_cycle` |
/// | Cost | O(`max_period`) time a bar; 50 numbers of memory |
/// | Undefined | values above about 1e149 are refused |
///
/// Checked against: TA-Lib 0.8.1 (`MAVP` with the periods of `HT_DCPERIOD`), relative tolerance 1e-9.
public struct MAVP: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "mavp", "Moving average as long as the cycle that rules.", unit: "unit of the source",
        [
            .integer("min_period", 2...50, default: 2, unit: "bars", "The shortest it becomes."),
            .integer("max_period", 2...50, default: 30, unit: "bars", "The longest it becomes."),
            .source(),
        ])

    /// Finds a shortest length that is not shorter.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        configuration.faults(unless: "min_period", isBelow: "max_period")
    }

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var transform = HilbertKernel(startingAt: 12)
        var values: Ring
        let periods: ClosedRange<Double>
        let source: BarField

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            values = Ring(period: HilbertKernel.longest, in: &layout)
            let least = Double(try options.period("min_period", from: 2))
            periods = least...max(least, Double(try options.period("max_period", from: 2)))
            source = try BarField(options)
        }

        var warmUpLength: Int { max(33, Int(periods.upperBound)) }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let value = source.value(of: bar)
            guard value.isSquarable else { return false }
            _ = values.push(value, &memory)
            _ = transform.push(value)
            row[0] = .nan
            guard transform.seen >= warmUpLength else { return true }
            let period = min(max(transform.smoothPeriod, periods.lowerBound), periods.upperBound)
            row[0] = values.mean(ofLast: Int(period), memory)
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try transform.code(&state)
            try values.code(&state)
        }
    }
}
