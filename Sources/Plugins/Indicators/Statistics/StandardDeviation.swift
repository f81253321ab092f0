public import PluginKit
import RollingStatistics

/// Standard deviation of the last `period` values.
///
/// ## Formula
/// ```
/// m_t = mean(x_(t-n+1) ... x_t)
/// s_t = sqrt(sum((x - m_t)^2) / n)                over n - 1 where `sample` is true
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source |
/// | Parameters | `period`: 2 ... 100000, default 20; `sample`: default false; `source` |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 2 `period` numbers of memory |
/// | Undefined | values more than about 1e153 apart: NaN until they left the window |
///
/// Checked against: TA-Lib 0.8.1 (`STDDEV`), relative tolerance 1e-9; more exact than the reference, which loses digits
/// in squares. `sample` is checked against numpy, relative tolerance 1e-9.
public struct StandardDeviation: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "standard_deviation", "Standard deviation of the last bars.", unit: "unit of the source",
        [
            .period(from: 2, default: 20, "Bars the deviation is taken over."),
            .boolean("sample", default: false, "Divides by period - 1 (sample) and not by period (population)."),
            .source(),
        ])

    var state: IndicatorState<SourceCore<Kernel>>

    struct Kernel: OptionKernel {
        var variance: VarianceKernel

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            variance = try VarianceKernel(options, &layout)
        }

        var warmUpLength: Int { variance.warmUpLength }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
            variance.push(value, &memory).squareRoot()
        }

        mutating func run(_ input: NumberColumn, _ memory: inout MutableSpan<Double>, into output: NumberColumn) {
            variance.run(input, &memory, into: output)
            for index in output.indices { output[index] = output[index].squareRoot() }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try variance.code(&state) }
    }
}
