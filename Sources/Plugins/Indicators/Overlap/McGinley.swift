public import PluginKit
import RollingStatistics

/// McGinley dynamic: an average that speeds up when the market falls away from it.
///
/// ## Formula
/// ```
/// M_t = M_(t-1) + (x_t - M_(t-1)) / (k * n * (x_t / M_(t-1))^4)     k = 0.6; M_1 = x_1; the divisor is 1 or more
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source |
/// | Parameters | `period`: 1 ... 100000, default 14; `source` |
/// | Warm-up | 1 bar; recursive |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | `M = 0` or a ratio beyond numbers: the value moves all the way to x |
///
/// Source: J. McGinley, *Journal of Technical Analysis*, 1997. Checked against: an independent computation from the
/// formula with numpy, relative tolerance 1e-9.
public struct McGinley: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "mcginley", "McGinley dynamic: an average that adapts its speed.", unit: "unit of the source",
        [.period(default: 14, "Bars of the average it is like."), .source()])

    var state: IndicatorState<PeriodCore<Kernel>>

    struct Kernel: PeriodKernel {
        let period: Int
        var value = Double.nan

        init(period: Int, in layout: inout WindowLayout) { self.period = period }

        var warmUpLength: Int { 1 }

        @inline(__always)
        mutating func push(_ number: Double, _ memory: inout MutableSpan<Double>) -> Double {
            let ratio = number / value
            let divisor = 0.6 * Double(period) * ratio * ratio * ratio * ratio
            // NaN at the first number and beyond the range of numbers: not more than 1 either.
            value = divisor > 1 ? value + (number - value) / divisor : number
            return value
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try state.same(period)
            try state.numberOrNone(&value)
        }
    }
}
