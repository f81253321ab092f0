public import PluginKit
import RollingStatistics

/// Sum of all values since the first bar.
///
/// ## Formula
/// ```
/// S_t = S_(t-1) + x_t        S_0 = 0
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source; only its changes mean something |
/// | Parameters | `source` |
/// | Warm-up | 1 bar; never forgets |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | a value that would make the sum infinite counts as 0 |
///
/// Checked against: TA-Lib 0.8.1 (`CUMSUM`), relative tolerance 1e-9.
public struct CumulativeSum: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "cumulative_sum", "Sum of all values since the first bar.", unit: "unit of the source",
        [
            .source()
        ])

    var state: IndicatorState<SourceCore<Kernel>>

    struct Kernel: OptionKernel {
        var total = 0.0

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {}

        var warmUpLength: Int { 1 }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
            let next = total + value
            if next.isUsable { total = next }
            return total
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try state.number(&total) }
    }
}
