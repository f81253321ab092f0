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

    var state: IndicatorState<Core>

    struct Core: NumberCore {
        var kernel: SimpleAverage

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            kernel = SimpleAverage(period: try options.period(), in: &layout)
        }

        @inline(__always)
        func number(of bar: Bar) -> Double {
            bar.open.isUsable && bar.close.isUsable ? bar.close - bar.open : .nan
        }
    }
}
