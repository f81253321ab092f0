public import PluginKit
import RollingStatistics

/// Parabolic stop and reverse: a stop that follows the trend faster the longer the trend lasts.
///
/// ## Formula
/// ```
/// SAR_t = SAR_(t-1) + a * (EP - SAR_(t-1)), but not inside the last two bars
/// a = acceleration, plus acceleration at each new extreme EP, at most maximum; a touch of SAR reverses the trend
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, quote currency |
/// | Output | quote currency |
/// | Parameters | `acceleration`: 0 ... 100, default 0.02; `maximum`: 0 ... 100, default 0.2 |
/// | Warm-up | 2 bars; forgets at each reversal |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | never |
///
/// Source: J. W. Wilder, *New Concepts in Technical Trading Systems*, 1978. Checked against: TA-Lib 0.8.1 (`SAR`),
/// relative tolerance 1e-9.
public struct ParabolicSAR: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "parabolic_sar", "A stop that follows the trend faster the longer it lasts.", unit: "quote currency",
        [
            .number(
                "acceleration", 0...100, default: 0.02, "Share of the way to the extreme, added at each new extreme."),
            .number("maximum", 0...100, default: 0.2, "Largest share."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var stop: ParabolicStop

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            let pace = ParabolicStop.Pace(
                start: try options.number("acceleration"), step: try options.number("acceleration"),
                limit: try options.number("maximum"))
            stop = ParabolicStop(long: pace, short: pace)
        }

        var warmUpLength: Int { 2 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableSpan else { return false }
            row[0] = stop.push(high: bar.high, low: bar.low).value
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try stop.code(&state) }
    }
}
