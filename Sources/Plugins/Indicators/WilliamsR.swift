public import PluginKit
import RollingStatistics

/// Williams %R: how far the close lies below the highest high, as a share of the recent range.
///
/// ## Formula
/// ```
/// R_t = -100 * (H_t - close_t) / (H_t - L_t)      H, L: highest high, lowest low of the last n bars
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, `close`, quote currency |
/// | Output | -100 ... 0, no unit |
/// | Parameters | `period`: 1 ... 100000, default 14 |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 2 `period` numbers of memory |
/// | Undefined | `H = L` (no range): 0, as TA-Lib |
///
/// Source: L. Williams, *How I Made One Million Dollars*, 1973. Checked against: TA-Lib 0.8.1 (`WILLR`), relative
/// tolerance 1e-12.
public struct WilliamsR: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .indicator, name: "williams_r", summary: "Williams %R: place of the close in the recent range.",
        schema: ConfigurationSchema([.period(default: 14, "Bars of the range.")]),
        outputs: [OutputColumn("value", unit: "-100...0", "0: close at the highest high; -100: at the lowest low.")])

    var core: Core
    var memory: [Double]

    /// Builds an oscillator that has seen no bar.
    public init(_ configuration: Configuration) throws(PluginError) {
        core = Core(window: RollingRange(period: try configuration.period()))
        memory = Array(repeating: 0, count: core.window.end)
    }

    /// `period`.
    public var warmUpLength: Int { core.window.period }

    struct Core: BarCore {
        var window: RollingRange

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableRange else { return false }
            let (highest, lowest) = window.push(high: bar.high, low: bar.low, &memory)
            let range = highest - lowest
            row[0] = range == 0 ? 0 : (-100 * ((highest - bar.close) / range)).orUndefined
            return true
        }

        func save(to writer: inout StateWriter) { window.save(to: &writer) }

        mutating func restore(from reader: inout StateReader) throws(PluginError) {
            try window.restore(from: &reader)
        }
    }
}
