public import PluginKit
import RollingStatistics

/// The value some bars ago.
///
/// ## Formula
/// ```
/// value_t = x_(t-n)
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source |
/// | Parameters | `period`: 0 ... 100000, default 1; `source` |
/// | Warm-up | `period + 1` bars; what is older has no weight |
/// | Cost | O(1) time a bar; `period` numbers of memory |
/// | Undefined | never |
///
/// Checked against: pandas (`shift`), equal.
public struct LaggedValue: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "lag", "The value some bars ago.", unit: "unit of the source",
        [
            .period(from: 0, default: 1, "Bars that are looked back; 0 is this bar."),
            .source(),
        ])

    var state: IndicatorState<SourceCore<Kernel>>

    struct Kernel: OptionKernel {
        var lag: Lag

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            lag = Lag(try options.period(from: 0), in: &layout)
        }

        var warmUpLength: Int { lag.warmUpLength }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double {
            lag.push(value, &memory)
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try lag.code(&state) }
    }
}
