public import PluginKit
import RollingStatistics

/// Excess kurtosis of the last values: how heavy their tails are; 0 for a normal distribution.
///
/// ## Formula
/// ```
/// m2, m3, m4: means of (x - mean(x))^2, ^3, ^4 over the last n values
/// sample: (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * m4 / m2^2 - 3 * (n - 1))        population: m4 / m2^2 - 3
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | no unit |
/// | Parameters | `period`: 4 ... 10000, default 20; `sample`: default true, as pandas; `source` |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(`period`) time a bar: exact where powers of large numbers would lose digits; `period` numbers of memory |
/// | Undefined | equal values: 0; values whose powers are beyond the range of numbers: NaN |
///
/// Checked against: pandas (`kurt`) and the formula with numpy, relative tolerance 1e-9.
public struct Kurtosis: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "kurtosis", "How heavy the tails of the last values are.", unit: "no unit",
        [
            .integer("period", 4...10_000, default: 20, unit: "bars", "Values of the moments."),
            .boolean("sample", default: true, "Corrects for a sample, as pandas does by default."),
            .source(),
        ])

    var state: IndicatorState<SourceCore<Kernel>>

    struct Kernel: OptionKernel {
        var moments: CentralMoments
        let isSample: Bool
        let count: Double

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            moments = CentralMoments(period: try options.period(from: 4), in: &layout)
            isSample = try options.boolean("sample")
            count = Double(moments.period)
        }

        var warmUpLength: Int { moments.period }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
            let (second, _, fourth) = moments.push(value, &memory)
            let ratio = (fourth / (second * second)).orUndefined
            guard second != 0 else { return 0 }
            return isSample
                ? (count - 1) / ((count - 2) * (count - 3)) * ((count + 1) * ratio - 3 * (count - 1)) : ratio - 3
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try moments.code(&state) }
    }
}
