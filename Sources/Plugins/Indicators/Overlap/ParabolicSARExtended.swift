public import PluginKit
import RollingStatistics

/// Parabolic stop and reverse with a start of its own, other accelerations for each side, and a step at each
/// reversal.
///
/// ## Formula
/// ```
/// as parabolic_sar, with start, step and limit of each side
/// at a reversal SAR is moved away from the price by reversal_offset * SAR; in a down-trend the value is -SAR
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, quote currency |
/// | Output | quote currency; negative in a down-trend |
/// | Parameters | `start`: -1e9 ... 1e9, default 0; `reversal_offset` 0; `long_start`, `long_step`, `short_start`, `short_step` 0.02; `long_limit`, `short_limit` 0.2 |
/// | Warm-up | 2 bars; forgets at each reversal |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | never |
///
/// `start` above 0 begins with an up-trend at that stop, below 0 with a down-trend; 0 finds out from the first two
/// bars.
///
/// Checked against: TA-Lib 0.8.1 (`SAREXT`), relative tolerance 1e-9.
public struct ParabolicSARExtended: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "parabolic_sar_extended", "Parabolic stop with a pace for each side; negative in a down-trend.",
        unit: "quote currency",
        [
            .number(
                "start", -1e9...1e9, default: 0,
                "First stop: above 0 in an up-trend, below 0 in a down-trend; 0: found."),
            .ratio("reversal_offset", 0...100, default: 0, "Share of the stop it is moved away at a reversal."),
            .number("long_start", 0...100, default: 0.02, "First share of the way in an up-trend."),
            .number("long_step", 0...100, default: 0.02, "What a new high adds to it."),
            .number("long_limit", 0...100, default: 0.2, "Largest share in an up-trend."),
            .number("short_start", 0...100, default: 0.02, "First share of the way in a down-trend."),
            .number("short_step", 0...100, default: 0.02, "What a new low adds to it."),
            .number("short_limit", 0...100, default: 0.2, "Largest share in a down-trend."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var stop: ParabolicStop

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            stop = ParabolicStop(
                long: try Self.pace("long", options), short: try Self.pace("short", options),
                first: try options.number("start"), offset: try options.number("reversal_offset"))
        }

        private static func pace(_ side: String, _ options: Configuration) throws(PluginError) -> ParabolicStop.Pace {
            ParabolicStop.Pace(
                start: try options.number("\(side)_start"), step: try options.number("\(side)_step"),
                limit: try options.number("\(side)_limit"))
        }

        var warmUpLength: Int { 2 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableSpan else { return false }
            let stop = stop.push(high: bar.high, low: bar.low)
            row[0] = stop.isLong ? stop.value : -stop.value
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try stop.code(&state) }
    }
}
