public import PluginKit
import RollingStatistics

/// Elder's force index: change of price times volume, averaged.
///
/// ## Formula
/// ```
/// F_t = (close_t - close_(t-1)) * volume_t        EFI = EMA(F)
/// ```
///
/// | | |
/// |---|---|
/// | Input | `close`, quote currency; `volume`, shares |
/// | Output | quote currency |
/// | Parameters | `period`: 1 ... 100000, default 13 |
/// | Warm-up | `period + 1` bars; recursive as `ema` |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | never; a bar whose force is beyond the range of numbers is refused |
///
/// Source: A. Elder, *Trading for a Living*, 1993. Checked against: TA-Lib 0.8.1 (`EFI`), relative tolerance 1e-9.
public struct ForceIndex: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "force_index", "Change of price times volume, averaged.", unit: "quote currency",
        [
            .period(default: 13, "Bars of the average.")
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var average: ExponentialAverage
        var previous = Double.nan

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            average = ExponentialAverage(period: try options.period())
        }

        var warmUpLength: Int { average.period + 1 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let force = (bar.close - previous) * bar.volume
            guard bar.close.isUsable, bar.hasUsableVolume, previous.isNaN || force.isUsable else { return false }
            previous = bar.close
            row[0] = force.isNaN ? .nan : average.push(force)
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try average.code(&state)
            try state.numberOrNone(&previous)
        }
    }
}
