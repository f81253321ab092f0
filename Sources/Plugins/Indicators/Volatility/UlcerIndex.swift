public import PluginKit
import RollingStatistics

/// Ulcer index: how deep and how long values were below their recent high.
///
/// ## Formula
/// ```
/// d_t = 100 * (x_t - max(x_(t-n+1) ... x_t)) / max(...)        UI_t = sqrt(sum(d^2) / n)        over the last n values of d
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | percent, 0 or more |
/// | Parameters | `period`: 1 ... 100000, default 14; `source` |
/// | Warm-up | `2 period - 1` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 3 `period` numbers of memory |
/// | Undefined | the highest is 0: that d is 0 |
///
/// Source: P. Martin, *The Investor's Guide to Fidelity Funds*, 1989. Checked against: an independent computation from
/// the formula with numpy and pandas, relative tolerance 1e-9.
public struct UlcerIndex: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "ulcer_index", "How deep and how long values were below their recent high.", unit: "percent",
        [
            .period(default: 14, "Values of the high, and of the mean."),
            .source(),
        ])

    var state: IndicatorState<PeriodCore<Kernel>>

    struct Kernel: PeriodKernel {
        var window: RollingRange
        var mean: SimpleAverage

        init(period: Int, in layout: inout WindowLayout) {
            window = RollingRange(period: period, in: &layout)
            mean = SimpleAverage(period: period, in: &layout)
        }

        var warmUpLength: Int { window.period + mean.warmUpLength - 1 }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
            let highest = window.push(high: value, low: value, &memory).highest
            guard !highest.isNaN else { return .nan }
            let fall = (100 * (value - highest)).over(highest)
            return mean.push((fall * fall).orZero, &memory).squareRoot()
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try window.code(&state)
            try mean.code(&state)
        }
    }
}
