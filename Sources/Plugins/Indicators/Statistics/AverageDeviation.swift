public import PluginKit
import RollingStatistics

/// Mean distance of the last values from their mean.
///
/// ## Formula
/// ```
/// m_t = mean(x)        D_t = mean(|x - m_t|)        over the last n values
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source |
/// | Parameters | `period`: 2 ... 10000, default 14; `source` |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(`period`) time a bar: mean deviation has no recursion; `period` numbers of memory |
/// | Undefined | never |
///
/// Checked against: TA-Lib 0.8.1 (`AVGDEV`), relative tolerance 1e-9.
public struct AverageDeviation: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "mean_deviation", "Mean distance of the last values from their mean.", unit: "unit of the source",
        [
            .integer("period", 2...10_000, default: 14, unit: "bars", "Bars of mean and deviation."),
            .source(),
        ])

    var state: IndicatorState<PeriodCore<Kernel>>

    struct Kernel: PeriodKernel {
        static let leastPeriod = 2

        var deviation: MeanDeviationKernel

        init(period: Int, in layout: inout WindowLayout) {
            deviation = MeanDeviationKernel(period: period, in: &layout)
        }

        var warmUpLength: Int { deviation.warmUpLength }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
            deviation.push(value, &memory)
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try deviation.code(&state) }
    }
}
