public import PluginKit
import RollingStatistics

/// Vertical horizontal filter: how wide the recent range is for all the way that was gone; high in trends.
///
/// ## Formula
/// ```
/// VHF_t = (max(x) - min(x)) / sum(|x_i - x_(i-1)|)        over the last n values and the last n changes
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | 0 ... 1, no unit |
/// | Parameters | `period`: 1 ... 100000, default 28; `source` |
/// | Warm-up | `period + 1` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 3 `period` numbers of memory |
/// | Undefined | no movement: 0, as TA-Lib |
///
/// Source: A. White, *Futures*, 1991. Checked against: TA-Lib 0.8.1 (`VHF`), relative tolerance 1e-9.
public struct VHF: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "vhf", "Range over the way that was gone: high in trends.", unit: "0...1",
        [
            .period(default: 28, "Values of the range and changes of the way."),
            .source(),
        ])

    var state: IndicatorState<PeriodCore<Kernel>>

    struct Kernel: PeriodKernel {
        var window: RollingRange
        var path: RollingSum
        var change = Change()

        init(period: Int, in layout: inout WindowLayout) {
            window = RollingRange(period: period, in: &layout)
            path = RollingSum(period: period, in: &layout)
        }

        var warmUpLength: Int { path.period + 1 }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
            let (highest, lowest) = window.push(high: value, low: value, &memory)
            let change = change.push(value)
            return change.isNaN ? .nan : (highest - lowest).over(path.push(change.magnitude, &memory))
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try window.code(&state)
            try path.code(&state)
            try change.code(&state)
        }
    }
}
