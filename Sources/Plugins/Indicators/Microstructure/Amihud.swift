public import PluginKit
import RollingStatistics

/// Amihud's illiquidity: how far the price moves for each million that is traded.
///
/// ## Formula
/// ```
/// i_t = |close_t / close_(t-1) - 1| / (close_t * volume_t)
/// ILLIQ_t = 1e6 * mean(i)        over those of the last n bars that have volume
/// ```
///
/// | | |
/// |---|---|
/// | Input | `close`, quote currency; `volume`, shares |
/// | Output | fraction a million of the quote currency |
/// | Parameters | `period`: 1 ... 100000, default 20 |
/// | Warm-up | `period + 1` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 2 `period` numbers of memory |
/// | Undefined | no volume in the whole window: NaN; a bar after a close of 0: its change is 0 |
///
/// Source: Y. Amihud, *Illiquidity and stock returns*, Journal of Financial Markets, 2002. Checked against: an independent
/// computation from the formula with pandas, relative tolerance 1e-9.
public struct Amihud: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "amihud", "Size of returns over the value traded.", unit: "fraction/million",
        [.period(default: 20, "Returns the mean is taken over.")])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var sum: RollingSum
        var count: RollingSum
        var change = RelativeChange()

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            sum = RollingSum(period: try options.period(), in: &layout)
            count = RollingSum(period: sum.period, in: &layout)
        }

        var warmUpLength: Int { sum.period + 1 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let traded = bar.close * bar.volume
            guard bar.close.isUsable, bar.hasUsableVolume, traded.isUsable else { return false }
            row.clear()
            let change = change.push(bar.close)
            guard !change.isNaN else { return true }
            let total = sum.push(traded > 0 ? (change.magnitude / traded).orZero : 0, &memory)
            row[0] = (1e6 * (total / count.push(traded > 0 ? 1 : 0, &memory))).orUndefined
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try sum.code(&state)
            try count.code(&state)
            try change.code(&state)
        }
    }
}
