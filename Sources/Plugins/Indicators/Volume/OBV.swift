public import PluginKit
import RollingStatistics

/// On-balance volume: volume added on rises and taken off on falls.
///
/// ## Formula
/// ```
/// OBV_1 = volume_1
/// OBV_t = OBV_(t-1) + volume_t    where close_t > close_(t-1)
///         OBV_(t-1) - volume_t    where close_t < close_(t-1)
///         OBV_(t-1)               else
/// ```
///
/// | | |
/// |---|---|
/// | Input | `close`, quote currency; `volume`, shares |
/// | Output | shares; only its changes mean something, the level depends on where it began |
/// | Parameters | none |
/// | Warm-up | 1 bar; never forgets |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | never; a bar that would make the total infinite is refused |
///
/// Source: J. Granville, *Granville's New Key to Stock Market Profits*, 1963. Checked against: TA-Lib 0.8.1 (`OBV`), equal.
public struct OBV: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "obv", "On-balance volume: volume added on rises and taken off on falls.", unit: "shares")

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var total = 0.0
        /// Below every price, so that the first bar counts as a rise.
        var previous = -Double.infinity

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {}

        var warmUpLength: Int { 1 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.close.isUsable, bar.hasUsableVolume else { return false }
            // Two selections and no branch: rise and fall cannot be predicted.
            let rise = bar.close > previous ? bar.volume : 0
            let fall = bar.close < previous ? bar.volume : 0
            let next = total + rise - fall
            guard next.isFinite else { return false }
            total = next
            previous = bar.close
            row[0] = next
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try state.number(&total)
            try state.numberOrInfinite(&previous)
        }
    }
}
