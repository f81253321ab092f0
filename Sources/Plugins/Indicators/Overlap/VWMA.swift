public import PluginKit

/// Volume-weighted moving average: bars count by their volume.
///
/// ## Formula
/// ```
/// VWMA_t = sum(x * volume) / sum(volume)        over the last n bars
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default; `volume`, shares |
/// | Output | unit of the source |
/// | Parameters | `period`: 1 ... 100000, default 30; `source` |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 2 `period` numbers of memory |
/// | Undefined | no volume in the whole window: NaN |
///
/// Checked against: TA-Lib 0.8.1 (`VWMA`), relative tolerance 1e-9.
public struct VWMA: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "vwma", "Moving average in which bars count by their volume.", unit: "unit of the source",
        [.period(default: 30, "Bars the average is taken over."), .source()])

    var state: IndicatorState<VolumeWeightedCore>
}
