public import PluginKit
import RollingStatistics

/// The value that a share of the last values does not exceed; the median by default.
///
/// ## Formula
/// ```
/// sorted: x_(1) <= ... <= x_(n) of the last n values
/// nearest_rank: x_(k), k = max(ceil(p / 100 * n), 1)
/// linear: x_(k) + (h - k) * (x_(k+1) - x_(k)), h = p / 100 * (n - 1) + 1, k = floor(h)
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source |
/// | Parameters | `period`: 1 ... 10000, default 30; `percent` p: 0 ... 100, default 50; `interpolation`: `nearest_rank` (TA-Lib), `linear` (pandas, Qlib's Quantile), default `nearest_rank`; `source` |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(`period`) comparisons and moves a bar; 2 `period` numbers of memory |
/// | Undefined | never |
///
/// Checked against: TA-Lib 0.8.1 (`PERCENTILE`) with `nearest_rank`, numpy with `linear`, relative tolerance 1e-9.
public struct Percentile: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "percentile", "The value that a share of the last values does not exceed.", unit: "unit of the source",
        [
            .integer("period", 1...10_000, default: 30, unit: "bars", "Values that are sorted."),
            .number("percent", 0...100, default: 50, "Share of the values that lie at or below."),
            .word(
                "interpolation", default: Interpolation.nearestRank,
                "What counts where the share falls between two values."),
            .source(),
        ])

    var state: IndicatorState<SourceCore<Kernel>>

    enum Interpolation: String, CaseIterable {
        case nearestRank = "nearest_rank"
        case linear
    }

    struct Kernel: OptionKernel {
        var window: OrderedWindow
        let share: Double
        let place: Int
        let isLinear: Bool

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            window = OrderedWindow(period: try options.period(), in: &layout)
            share = try options.number("percent") / 100
            isLinear = try options.word("interpolation") == Interpolation.linear
            let rank = Int((share * Double(window.period)).rounded(.up))
            place = min(max(rank - 1, 0), window.period - 1)
        }

        var warmUpLength: Int { window.period }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
            window.push(value, &memory)
            guard window.isFull else { return .nan }
            return isLinear ? window.quantile(share, memory) : window.value(place, memory)
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try window.code(&state) }
    }
}
