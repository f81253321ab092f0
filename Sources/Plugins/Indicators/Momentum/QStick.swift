public import PluginKit
import RollingStatistics

/// QStick: the mean body of the last bars.
///
/// ## Formula
/// ```
/// Q_t = SMA(close - open)_t
/// ```
///
/// | | |
/// |---|---|
/// | Input | `open`, `close`, quote currency |
/// | Output | quote currency |
/// | Parameters | `period`: 1 ... 100000, default 10 |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; `period` numbers of memory |
/// | Undefined | never |
///
/// Source: T. Chande, *The New Technical Trader*, 1994. Checked against: TA-Lib 0.8.1 (`QSTICK`), relative tolerance
/// 1e-9.
public struct QStick: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "qstick", "Mean body of the last bars.", unit: "quote currency",
        [
            .period(default: 10, "Bars of the mean.")
        ])

    var core: Core
    var memory: [Double]

    struct Core: BarCore {
        var mean: SimpleAverage

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            mean = SimpleAverage(period: try options.period(), in: &layout)
        }

        var warmUpLength: Int { mean.warmUpLength }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let body = bar.close - bar.open
            guard bar.open.isUsable, bar.close.isUsable, body.isUsable else { return false }
            row[0] = mean.push(body, &memory)
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try mean.code(&state) }
    }
}
