public import PluginKit
import RollingStatistics

/// Moving average whose kind is an option.
///
/// ## Formula
/// ```
/// value_t = average(x_1 ... x_t)                as the indicator of that name computes it
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source |
/// | Parameters | `average`: `sma`, `ema`, `wma`, `dema`, `tema`, `trima`, `kama`, `t3`, `hma`, `zlema`, `rma`; `period`: 1 ... 100000, default 30; `source` |
/// | Warm-up | that of the kind; 1 bar where `period` is 1 |
/// | Cost | that of the kind |
/// | Undefined | never |
///
/// Checked against: TA-Lib 0.8.1 (`MA`), relative tolerance 1e-9.
public struct MovingAverageOfKind: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "moving_average", "Moving average whose kind is an option.", unit: "unit of the source",
        [
            .average(default: .sma), .period(default: 30, "Bars of the average; over 1 bar it is the value itself."),
            .source(),
        ])

    var state: IndicatorState<SourceCore<Kernel>>

    struct Kernel: WrappedKernel {
        var kernel: MovingAverage

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            kernel = try MovingAverage(options, &layout)
        }
    }
}
