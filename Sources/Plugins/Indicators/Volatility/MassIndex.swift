public import PluginKit
import RollingStatistics

/// Mass index: a sum that bulges when bars widen, which often comes before a reversal.
///
/// ## Formula
/// ```
/// E = EMA(high - low)        R_t = E_t / EMA(E)_t        MI_t = sum(R) over the last m bars
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, quote currency |
/// | Output | no unit; about `sum_period` in quiet times |
/// | Parameters | `period` of both averages: 1 ... 100000, default 9; `sum_period` m: 1 ... 100000, default 25 |
/// | Warm-up | `2 period + sum_period - 2` bars; recursive as `ema` |
/// | Cost | O(1) time a bar, amortised; `sum_period` numbers of memory |
/// | Undefined | no span at all: R is 1, as TA-Lib |
///
/// Source: D. Dorsey, *Technical Analysis of Stocks & Commodities*, June 1992. Checked against: TA-Lib 0.8.1 (`MASSI`),
/// relative tolerance 1e-9.
public struct MassIndex: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "mass_index", "Sum of spans over their averages: bulges before reversals.", unit: "no unit",
        [
            .period(default: 9, "Bars of both averages."),
            .period("sum_period", default: 25, "Ratios that are added up."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var averages: Cascade<ExponentialAverage, ExponentialAverage>
        var sum: RollingSum

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            let average = ExponentialAverage(period: try options.period())
            averages = Cascade(first: average, second: average)
            sum = RollingSum(period: try options.period("sum_period"), in: &layout)
        }

        var warmUpLength: Int { averages.warmUpLength + sum.period - 1 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let span = bar.high - bar.low
            guard bar.hasUsableSpan, span.isUsable else { return false }
            let inner = averages.first.push(span)
            let outer = inner.isNaN ? .nan : averages.second.push(inner)
            row[0] = outer.isNaN ? .nan : sum.push(inner.over(outer, else: 1).orZero, &memory)
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try averages.code(&state)
            try sum.code(&state)
        }
    }
}
