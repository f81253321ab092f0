public import PluginKit
import RollingStatistics

/// Realised volatility: the root of the sum of squared log returns.
///
/// ## Formula
/// ```
/// r_t = ln(x_t / x_(t-1))        RV_t = sqrt(sum(r^2))        over the last n returns
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | fraction, for the span of n bars |
/// | Parameters | `period`: 1 ... 100000, default 20; `source` |
/// | Warm-up | `period + 1` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; `period` numbers of memory |
/// | Undefined | a value of 0 or less: the returns to and from it are 0 |
///
/// Source: T. Andersen and T. Bollerslev, *International Economic Review*, 1998. Checked against: an independent
/// computation from the formula with numpy and pandas, relative tolerance 1e-9.
public struct RealizedVolatility: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "realized_volatility", "Root of the sum of squared log returns.", unit: "fraction",
        [
            .period(default: 20, "Returns that are added up."),
            .source(),
        ])

    var state: IndicatorState<PeriodCore<Kernel>>

    struct Kernel: PeriodKernel {
        var sum: RollingSum
        var change = LogChange()

        init(period: Int, in layout: inout WindowLayout) {
            sum = RollingSum(period: period, in: &layout)
        }

        var warmUpLength: Int { sum.period + 1 }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
            let change = change.push(value)
            return change.isNaN ? .nan : sum.push(change * change, &memory).squareRoot()
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try sum.code(&state)
            try change.code(&state)
        }
    }
}
