public import PluginKit
import RollingStatistics

/// Hurst exponent by rescaled range: above 0.5 moves go on, below 0.5 they turn back.
///
/// ## Formula
/// ```
/// r: the last n log returns, cut into pieces of m = n, n / 2, n / 4 ... 8 or more (rounded down), counted from the newest
/// R = max - min of the running sums of r - mean(r) over a piece, 0 among them        S = population deviation of the piece
/// H = slope of ln(mean(R / S)) over ln(m), least squares
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | about 0 ... 1, no unit |
/// | Parameters | `period` n: 16 ... 4096, default 128; `source` |
/// | Warm-up | `period + 1` bars; what is older has no weight |
/// | Cost | O(`period` log `period`) time a bar; `period` numbers of memory |
/// | Undefined | no movement in all pieces of all sizes but one: NaN; a value of 0 or less: the returns to and from it are 0 |
///
/// Source: H. E. Hurst, *Transactions of the American Society of Civil Engineers*, 1951; B. Mandelbrot and J. Wallis,
/// 1969. Checked against: an independent computation from the formula with numpy and pandas, relative tolerance 1e-9.
public struct Hurst: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "hurst", "Whether moves go on (above 0.5) or turn back (below).", unit: "no unit",
        [
            .integer("period", 16...4_096, default: 128, unit: "bars", "Returns that are looked at."),
            .source(),
        ])

    var state: IndicatorState<SourceCore<Kernel>>

    struct Kernel: OptionKernel {
        var returns: Ring
        var change = LogChange()

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            returns = Ring(period: try options.period(from: 16), in: &layout)
        }

        var warmUpLength: Int { returns.period + 1 }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
            let change = change.push(value)
            guard !change.isNaN else { return .nan }
            _ = returns.push(change, &memory)
            return returns.isFull ? RescaledRange(returns).exponent(memory) : .nan
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try returns.code(&state)
            try change.code(&state)
        }
    }
}
