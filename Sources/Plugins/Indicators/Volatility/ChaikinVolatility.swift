public import PluginKit
import RollingStatistics

/// Chaikin's volatility: how much wider bars have become.
///
/// ## Formula
/// ```
/// E_t = EMA(high - low)_t        CV_t = 100 * (E_t - E_(t-k)) / E_(t-k)
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, quote currency |
/// | Output | percent |
/// | Parameters | `period` of the average: 1 ... 100000, default 10; `lag` k: 1 ... 100000, default 10 |
/// | Warm-up | `period + lag` bars; recursive as `ema` |
/// | Cost | O(1) time a bar; `lag` numbers of memory |
/// | Undefined | `E_(t-k) = 0`: 0, as TA-Lib |
///
/// Source: M. Chaikin. Checked against: TA-Lib 0.8.1 (`CVI`), relative tolerance 1e-9.
public struct ChaikinVolatility: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "chaikin_volatility", "Change of the average span of bars, in percent.", unit: "percent",
        [
            .period(default: 10, "Bars of the average span."),
            .period("lag", default: 10, "Bars the change is taken over."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var average: ExponentialAverage
        var before: Ring

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            average = ExponentialAverage(period: try options.period())
            before = Ring(period: try options.period("lag"), in: &layout)
        }

        var warmUpLength: Int { average.period + before.period }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let span = bar.high - bar.low
            guard bar.hasUsableSpan, span.isUsable else { return false }
            let now = average.push(span)
            let old = now.isNaN ? .nan : before.push(now, &memory)
            row[0] = (100 * (now - old)).over(old)
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try average.code(&state)
            try before.code(&state)
        }
    }
}
