public import PluginKit
import RollingStatistics

/// A price of the bar itself: one of its fields or a mean of them.
///
/// ## Formula
/// ```
/// typical = (high + low + close) / 3        median = (high + low) / 2
/// weighted = (high + low + 2 * close) / 4   average = (open + high + low + close) / 4
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `typical` by default |
/// | Output | unit of the source |
/// | Parameters | `source`: `open`, `high`, `low`, `close`, `volume`, `typical`, `median`, `weighted`, `average`; default `typical` |
/// | Warm-up | 1 bar |
/// | Cost | O(1) time, no memory |
/// | Undefined | never |
///
/// Checked against: TA-Lib 0.8.1 (`TYPPRICE`, `MEDPRICE`, `WCLPRICE`, `AVGPRICE`), relative tolerance 1e-9.
public struct Price: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "price", "A price of the bar: a field or a mean of fields.", unit: "unit of the source",
        [
            .source(default: .typical)
        ])

    var state: IndicatorState<SourceCore<Kernel>>

    struct Kernel: OptionKernel {
        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {}

        var warmUpLength: Int { 1 }

        @inline(__always)
        mutating func push(_ value: Double, _ memory: inout MutableSpan<Double>) -> Double { value }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {}
    }
}
