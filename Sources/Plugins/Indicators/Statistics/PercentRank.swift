public import PluginKit
import RollingStatistics

/// How many of the last values are below this one.
///
/// ## Formula
/// ```
/// before (TA-Lib): 100 * (number of the n values before that are below x_t) / n
/// within (pandas, Qlib): 100 * (below + (equal + 1) / 2) / n        over the last n values, x_t among them
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | 0 ... 100, no unit |
/// | Parameters | `period`: 1 ... 10000, default 100; `among`: `before`, `within`, default `before`; `source` |
/// | Warm-up | `period + 1` bars with `before`, `period` with `within`; what is older has no weight |
/// | Cost | O(`period`) comparisons a bar; `period` numbers of memory |
/// | Undefined | equal values: 0 with `before`, the mean rank with `within` |
///
/// Checked against: TA-Lib 0.8.1 (`PERCENTRANK`) with `before`, pandas with `within`, relative tolerance 1e-9.
public struct PercentRank: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "percent_rank", "How many of the last values are below this one.", unit: "0...100",
        [
            .integer("period", 1...10_000, default: 100, unit: "bars", "Values it is compared with."),
            .word("among", default: Among.before, "Whether the value itself is one of them."),
            .source(),
        ])

    var state: IndicatorState<SourceCore<Kernel>>

    enum Among: String, CaseIterable {
        case before, within
    }

    struct Kernel: OptionKernel {
        var window: Ring
        let isWithin: Bool

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            let period = try options.period()
            isWithin = try options.word("among") == Among.within
            window = Ring(period: isWithin ? period : period + 1, in: &layout)
        }

        var warmUpLength: Int { window.period }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
            _ = window.push(value, &memory)
            guard window.isFull else { return .nan }
            let numbers = WindowColumn(&memory, window.offset, window.period)
            let below = Double(numbers.count(window.period) { $0 < value })
            guard isWithin else { return 100 * below / Double(window.period - 1) }
            let equal = Double(numbers.count(window.period) { $0 == value })
            return 100 * ((below + (equal + 1) / 2) / Double(window.period))
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try window.code(&state) }
    }
}
