public import PluginKit
import RollingStatistics

/// How much a series resembles itself some bars before; of absolute returns, how much volatility clusters.
///
/// ## Formula
/// ```
/// y_t = x_t (value), x_t / x_(t-1) - 1 (return) or its magnitude (absolute_return)
/// r_t = Pearson's correlation of y_i and y_(i-k) over the last n bars
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | -1 ... 1, no unit |
/// | Parameters | `period` n: 2 ... 100000, default 60; `lag` k: 1 ... 100000, default 1; `of`: `value`, `return`, `absolute_return`, default `return`; `source` |
/// | Warm-up | `period + lag` bars with `value`, one more else; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 5 `period` + `lag` numbers of memory |
/// | Undefined | a series that does not change: 0; values above about 1e149 count as 0 |
///
/// Checked against: an independent computation from the formula with numpy and pandas, relative tolerance 1e-9.
public struct Autocorrelation: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "autocorrelation", "How much a series resembles itself some bars before.", unit: "-1...1",
        [
            .period(from: 2, default: 60, "Pairs that are looked at."),
            .period("lag", default: 1, "Bars between the two of a pair."),
            .word("of", default: Series.return, "What is made of the values first."),
            .source(),
        ])

    var state: IndicatorState<SourceCore<Kernel>>

    enum Series: String, CaseIterable {
        case value
        case `return`
        case absoluteReturn = "absolute_return"
    }

    struct Kernel: OptionKernel {
        var window: PairMoments
        var lag: Ring
        var change = RelativeChange()
        let series: Series

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            window = PairMoments(period: try options.period(from: 2), in: &layout)
            lag = Ring(period: try options.period("lag"), in: &layout)
            series = try options.word("of")
        }

        var warmUpLength: Int { window.period + lag.period + (series == .value ? 0 : 1) }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
            var number = series == .value ? value : change.push(value)
            if series == .absoluteReturn { number = number.magnitude }
            guard !number.isNaN else { return .nan }
            number = number.isSquarable ? number : 0
            let before = lag.push(number, &memory)
            return before.isNaN ? .nan : window.push(before, number, &memory).correlation
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try window.code(&state)
            try lag.code(&state)
            try change.code(&state)
        }
    }
}
