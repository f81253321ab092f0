public import PluginKit
import RollingStatistics

/// Price volume trend: volume added up by the return it came with.
///
/// ## Formula
/// ```
/// PVT_t = PVT_(t-1) + volume_t * (close_t - close_(t-1)) / close_(t-1)        PVT_1 = 0
/// ```
///
/// | | |
/// |---|---|
/// | Input | `close`, quote currency; `volume`, shares |
/// | Output | shares; only its changes mean something |
/// | Parameters | none |
/// | Warm-up | 1 bar; never forgets |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | `close_(t-1) = 0`: nothing is added, as TA-Lib; nor what would make the total infinite |
///
/// Checked against: TA-Lib 0.8.1 (`PVT`), relative tolerance 1e-9.
public struct PVT: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "pvt", "Volume added up by the return it came with.", unit: "shares")

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var total = 0.0
        var previous = Double.nan

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {}

        var warmUpLength: Int { 1 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.close.isUsable, bar.hasUsableVolume else { return false }
            let next = total + bar.volume * ((bar.close - previous) / previous)
            if next.isUsable { total = next }
            previous = bar.close
            row[0] = total
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try state.number(&total)
            try state.numberOrNone(&previous)
        }
    }
}
