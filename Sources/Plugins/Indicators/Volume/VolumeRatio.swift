public import PluginKit
import RollingStatistics

/// Volume ratio: volume of a bar over the mean volume of the bars before it (the daily form of the Chinese 量比).
///
/// ## Formula
/// ```
/// ratio_t = volume_t / mean(volume_(t-n) ... volume_(t-1))
/// ```
///
/// | | |
/// |---|---|
/// | Input | `volume`, shares |
/// | Output | fraction: 1 is as much as usual |
/// | Parameters | `period`: 1 ... 100000, default 5 |
/// | Warm-up | `period + 1` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; `period` numbers of memory |
/// | Undefined | no volume in the `period` bars before: NaN |
///
/// Checked against: an independent computation from the formula with pandas, relative tolerance 1e-12.
public struct VolumeRatio: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "volume_ratio", "Volume over the mean volume of the bars before.", unit: "fraction",
        [.period(default: 5, "Bars before this one that say what is usual.")])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var window: RollingSum
        /// Volume of the last `period` bars; NaN until there are as many.
        var total = Double.nan

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            window = RollingSum(period: try options.period(), in: &layout)
        }

        var warmUpLength: Int { window.period + 1 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableVolume else { return false }
            row[0] = (bar.volume * Double(window.period) / total).orUndefined
            total = window.push(bar.volume, &memory)
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try window.code(&state)
            try state.numberOrNone(&total)
        }
    }
}
