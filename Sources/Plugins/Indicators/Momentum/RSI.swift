public import PluginKit
import RollingStatistics

/// Relative strength index: how much of recent movement was upward.
///
/// ## Formula
/// ```
/// u_t = max(x_t - x_(t-1), 0)                  d_t = max(x_(t-1) - x_t, 0)
/// U_n = mean(u_1 ... u_n)                      U_t = U_(t-1) + (u_t - U_(t-1)) / n      D likewise
/// RSI_t = 100 * U_t / (U_t + D_t)
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | 0 ... 100, no unit |
/// | Parameters | `period`: 2 ... 100000, default 14; `flat`: `zero` or `fifty`, default `zero`; `source` |
/// | Warm-up | `period + 1` bars; recursive: the seed's weight after k more bars is ((n - 1) / n)^k |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | `U + D = 0` (no movement): 0 with `zero`, as TA-Lib; 50 with `fifty`, as StockCharts and most terminals. TA-Lib calls less than 1e-14 no movement, here exactly 0 is |
///
/// Source: J. W. Wilder, *New Concepts in Technical Trading Systems*, 1978. Checked against: TA-Lib 0.8.1 (`RSI`),
/// relative tolerance 1e-12.
public struct RSI: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "rsi", "Relative strength index: share of recent movement that was upward.", unit: "0...100",
        [
            .period(from: 2, default: 14, "Changes from bar to bar that Wilder's average runs over."),
            .word("flat", default: Flat.zero, "Value of a series that does not move."), .source(),
        ])

    var state: IndicatorState<SourceCore<Kernel>>

    enum Flat: String, Sendable, CaseIterable {
        case zero, fifty
    }

    struct Kernel: WrappedKernel {
        var kernel: StrengthKernel

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            let flat: Flat = try options.word("flat")
            kernel = StrengthKernel(period: try options.period(from: StrengthKernel.leastPeriod), in: &layout)
            kernel.flat = flat == .zero ? 0 : 50
        }
    }
}
