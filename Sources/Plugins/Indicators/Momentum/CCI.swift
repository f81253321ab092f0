public import PluginKit
import RollingStatistics

/// Commodity channel index: distance of the typical price from its mean, in units of its mean deviation.
///
/// ## Formula
/// ```
/// p = (high + low + close) / 3        m_t = mean(p)         D_t = mean(|p - m_t|)        over the last n bars
/// CCI_t = (p_t - m_t) / (0.015 * D_t)
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `typical` by default |
/// | Output | no unit; most values lie in -100 ... 100 |
/// | Parameters | `period`: 2 ... 10000, default 14; `source` |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(`period`) time a bar: mean deviation has no recursion; `period` numbers of memory |
/// | Undefined | `D = 0` or `p = m`: 0, as TA-Lib |
///
/// Source: D. Lambert, *Commodities*, 1980. Checked against: TA-Lib 0.8.1 (`CCI`), relative tolerance 1e-9.
public struct CCI: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "cci", "Commodity channel index: distance from the mean in mean deviations.",
        [
            .integer("period", 2...10_000, default: 14, unit: "bars", "Bars of mean and deviation."),
            .source(default: .typical),
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
            let (mean, spread) = deviation.moments(value, &memory)
            return (value - mean).over(0.015 * spread)
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try deviation.code(&state) }
    }
}
