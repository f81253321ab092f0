public import PluginKit
import RollingStatistics

/// Elder ray: how far bulls and bears could carry the price from its average.
///
/// ## Formula
/// ```
/// bull_t = high_t - EMA(close)_t        bear_t = low_t - EMA(close)_t
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, `close`, quote currency |
/// | Output | quote currency |
/// | Parameters | `period`: 1 ... 100000, default 13 |
/// | Warm-up | `period` bars; recursive as `ema` |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | never |
///
/// Source: A. Elder, *Trading for a Living*, 1993. Checked against: TA-Lib 0.8.1 (`ERI`), relative tolerance 1e-9.
public struct ElderRay: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "elder_ray", "How far bulls and bears carried the price from its average.",
        [
            .period(default: 13, "Bars of the average.")
        ],
        outputs: [
            OutputColumn("bull", unit: "quote currency", "High less the average of the close."),
            OutputColumn("bear", unit: "quote currency", "Low less the average of the close."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var average: ExponentialAverage

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            average = ExponentialAverage(period: try options.period())
        }

        var warmUpLength: Int { average.warmUpLength }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableRange else { return false }
            let middle = average.push(bar.close)
            row[0] = bar.high - middle
            row[1] = bar.low - middle
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try average.code(&state) }
    }
}
