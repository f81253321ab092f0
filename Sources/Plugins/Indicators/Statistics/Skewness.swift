public import PluginKit
import RollingStatistics

/// Skewness of the last values: which tail is longer.
///
/// ## Formula
/// ```
/// m2, m3, m4: means of (x - mean(x))^2, ^3, ^4 over the last n values
/// sample: sqrt(n * (n - 1)) / (n - 2) * m3 / m2^1.5        population: m3 / m2^1.5
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | no unit |
/// | Parameters | `period`: 3 ... 10000, default 20; `sample`: default true, as pandas; `source` |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(`period`) time a bar: exact where powers of large numbers would lose digits; `period` numbers of memory |
/// | Undefined | equal values: 0; values whose powers are beyond the range of numbers: NaN |
///
/// Checked against: pandas (`skew`) and the formula with numpy, relative tolerance 1e-9.
public struct Skewness: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "skewness", "Which tail of the last values is longer.", unit: "no unit",
        [
            .integer("period", 3...10_000, default: 20, unit: "bars", "Values of the moments."),
            .boolean("sample", default: true, "Corrects for a sample, as pandas does by default."),
            .source(),
        ])

    var state: IndicatorState<SourceCore<Kernel>>

    struct Kernel: OptionKernel {
        var moments: CentralMoments
        let isSample: Bool
        let count: Double

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            moments = CentralMoments(period: try options.period(from: 3), in: &layout)
            isSample = try options.boolean("sample")
            count = Double(moments.period)
        }

        var warmUpLength: Int { moments.period }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
            let (second, third, _) = moments.push(value, &memory)
            let ratio = (third / (second * second.squareRoot())).orUndefined
            guard second != 0 else { return 0 }
            return isSample ? (count * (count - 1)).squareRoot() / (count - 2) * ratio : ratio
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try moments.code(&state) }
    }
}
