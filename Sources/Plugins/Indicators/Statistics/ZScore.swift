public import PluginKit
import RollingStatistics

/// How many standard deviations a value is from the mean of the last ones.
///
/// ## Formula
/// ```
/// z_t = (x_t - m_t) / s_t        m, s: mean and standard deviation of the last n values, x_t among them
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | standard deviations |
/// | Parameters | `period`: 2 ... 100000, default 20; `sample`: default false; `source` |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 2 `period` numbers of memory |
/// | Undefined | equal values: 0; values more than about 1e153 apart: NaN until they left the window |
///
/// Checked against: an independent computation from the formula with numpy and pandas, relative tolerance 1e-9.
public struct ZScore: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "z_score", "Standard deviations from the mean of the last values.", unit: "standard deviations",
        [
            .period(from: 2, default: 20, "Values of mean and deviation."),
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
            let window = variance.window.push(value, &memory)
            return (value - window.mean).over((window.squares * variance.share).squareRoot())
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try variance.code(&state) }
    }
}
