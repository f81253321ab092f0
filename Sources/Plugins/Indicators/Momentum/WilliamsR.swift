public import PluginKit
import RollingStatistics

/// Williams %R: how far the close lies below the highest high, as a share of the recent range.
///
/// ## Formula
/// ```
/// R_t = -100 * (H_t - close_t) / (H_t - L_t)      H, L: highest high, lowest low of the last n bars
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, `close`, quote currency |
/// | Output | -100 ... 0, no unit |
/// | Parameters | `period`: 1 ... 100000, default 14 |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 2 `period` numbers of memory |
/// | Undefined | `H = L` (no range): 0, as TA-Lib |
///
/// Source: L. Williams, *How I Made One Million Dollars*, 1973. Checked against: TA-Lib 0.8.1 (`WILLR`), relative
/// tolerance 1e-12.
public struct WilliamsR: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "williams_r", "Williams %R: place of the close in the recent range.", unit: "-100...0",
        [.period(default: 14, "Bars of the range.")])

    var core: Core
    var memory: [Double]

    struct Core: BarCore {
        var window: RollingRange

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            window = RollingRange(period: try options.period(), in: &layout)
        }

        var warmUpLength: Int { window.period }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableRange else { return false }
            let (highest, lowest) = window.push(high: bar.high, low: bar.low, &memory)
            let range = highest - lowest
            row[0] = range == 0 ? 0 : (-100 * ((highest - bar.close) / range)).orUndefined
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try window.code(&state) }
    }
}
