public import PluginKit
import RollingStatistics

/// Market facilitation index: how far price moved for each share traded.
///
/// ## Formula
/// ```
/// MFI_t = (high_t - low_t) / volume_t
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, quote currency; `volume`, shares |
/// | Output | quote currency a share |
/// | Parameters | none |
/// | Warm-up | 1 bar |
/// | Cost | O(1) time, no memory |
/// | Undefined | no volume: 0, as TA-Lib |
///
/// Source: B. Williams, *Trading Chaos*, 1995. Checked against: TA-Lib 0.8.1 (`MARKETFI`), relative tolerance 1e-9.
public struct MarketFacilitationIndex: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "market_facilitation_index", "Span of a bar for each share traded.", unit: "quote currency a share")

    var state: IndicatorState<Core>

    struct Core: BarCore {
        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {}

        var warmUpLength: Int { 1 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableSpan, bar.hasUsableVolume else { return false }
            row[0] = (bar.high - bar.low).over(bar.volume)
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {}
    }
}
