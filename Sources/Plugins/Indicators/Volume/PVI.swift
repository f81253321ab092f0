public import PluginKit
import RollingStatistics

/// Positive volume index: the price changes of those bars alone whose volume rose.
///
/// ## Formula
/// ```
/// PVI_t = PVI_(t-1) * close_t / close_(t-1)    where volume_t > volume_(t-1)
///         PVI_(t-1)                            else; PVI_1 = 1000
/// ```
///
/// | | |
/// |---|---|
/// | Input | `close`, quote currency; `volume`, shares |
/// | Output | no unit; only its changes mean something |
/// | Parameters | none |
/// | Warm-up | 1 bar; never forgets |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | `close_(t-1) <= 0` or `close_t <= 0`: the index stays; so it does where it would leave the range of numbers |
///
/// Source: P. Dysart, 1930s; N. Fosback, *Stock Market Logic*, 1976. Checked against: TA-Lib 0.8.1 (`PVI`), relative
/// tolerance 1e-9.
public struct PVI: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "pvi", "Price changes of the bars whose volume rose.", unit: "no unit")

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var index = VolumeIndex(.rising)

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {}

        var warmUpLength: Int { 1 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard index.push(bar) else { return false }
            row[0] = index.value
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try index.code(&state) }
    }
}
