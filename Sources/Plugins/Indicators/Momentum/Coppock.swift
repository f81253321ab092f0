public import PluginKit
import RollingStatistics

/// Coppock curve: two rates of change, added and averaged with rising weights.
///
/// ## Formula
/// ```
/// COP = WMA(ROC(x, long) + ROC(x, short))        ROC in percent, as rate_of_change
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | percent |
/// | Parameters | `period` of the average 10, `short_period` 11, `long_period` 14: 1 ... 100000; `source` |
/// | Warm-up | the longer of `short_period` and `long_period`, and `period`; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; a number of memory for each bar of all three |
/// | Undefined | the value to compare with is 0: that rate is 0, as TA-Lib |
///
/// Source: E. Coppock, *Barron's*, 1965. Checked against: TA-Lib 0.8.1 (`COPPOCK`), relative tolerance 1e-9.
public struct Coppock: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "coppock", "Two rates of change, added and averaged.", unit: "percent",
        [
            .period(default: 10, "Bars of the weighted average."),
            .period("short_period", default: 11, "Bars the first change is taken over."),
            .period("long_period", default: 14, "Bars the second change is taken over."),
            .source(),
        ])

    var state: IndicatorState<SourceCore<Kernel>>

    struct Kernel: OptionKernel {
        var short: Ring
        var long: Ring
        var average: RollingWeightedMean

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            short = Ring(period: try options.period("short_period"), in: &layout)
            long = Ring(period: try options.period("long_period"), in: &layout)
            average = RollingWeightedMean(period: try options.period(), in: &layout)
        }

        var warmUpLength: Int { max(short.period, long.period) + average.period }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
            let (first, second) = (short.push(value, &memory), long.push(value, &memory))
            guard !first.isNaN, !second.isNaN else { return .nan }
            return average.push(Self.sum(value, first, second), &memory)
        }

        @inline(__always)
        private static func sum(_ value: Double, _ first: Double, _ second: Double) -> Double {
            (100 * ((value - first).over(first) + (value - second).over(second))).orZero
        }

        mutating func run(_ input: NumberColumn, _ memory: inout MutableSpan<Double>, into output: NumberColumn) {
            withTwoColumns { near, far in
                short.run(input, &memory, into: near)
                long.run(input, &memory, into: far)
                for index in input.indices {
                    let sum = Self.sum(input[index], near[index], far[index])
                    output[index] = near[index].isNaN || far[index].isNaN ? .nan : sum
                }
            }
            average.run(over: output, &memory)
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try short.code(&state)
            try long.code(&state)
            try average.code(&state)
        }
    }
}
