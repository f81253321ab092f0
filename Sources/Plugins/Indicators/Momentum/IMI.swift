public import PluginKit
import RollingStatistics

/// Intraday momentum index: rises within bars over rises and falls within bars.
///
/// ## Formula
/// ```
/// IMI_t = 100 * G_t / (G_t + L_t)        G: sum of close - open where close > open      L: of open - close elsewhere
/// ```
///
/// | | |
/// |---|---|
/// | Input | `open`, `close`, quote currency |
/// | Output | 0 ... 100, no unit |
/// | Parameters | `period`: 2 ... 100000, default 14 |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 2 `period` numbers of memory |
/// | Undefined | no movement: 50 |
///
/// Source: T. Chande, *The New Technical Trader*, 1994. Checked against: TA-Lib 0.8.1 (`IMI`), relative tolerance
/// 1e-9.
public struct IMI: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "imi", "Intraday momentum index: rises within bars over all movement within bars.", unit: "0...100",
        [.period(from: 2, default: 14, "Bars that are added up.")])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var rises: RollingSum
        var falls: RollingSum

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            rises = RollingSum(period: try options.period(from: 2), in: &layout)
            falls = RollingSum(period: rises.period, in: &layout)
        }

        var warmUpLength: Int { rises.period }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.open.isUsable, bar.close.isUsable else { return false }
            let rise = rises.push(max(bar.close - bar.open, 0), &memory)
            let fall = falls.push(max(bar.open - bar.close, 0), &memory)
            row[0] = 100 * rise.over(rise + fall, else: 0.5)
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try rises.code(&state)
            try falls.code(&state)
        }
    }
}
