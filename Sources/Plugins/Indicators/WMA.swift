public import PluginKit
import RollingStatistics

/// Weighted moving average: weights fall linearly from the newest value to the oldest.
///
/// ## Formula
/// ```
/// WMA_t = (1 * x_(t-n+1) + 2 * x_(t-n+2) + ... + n * x_t) / (n * (n + 1) / 2)
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source |
/// | Parameters | `period`: 1 ... 100000, default 20; `source` |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; `period` numbers of memory |
/// | Undefined | never |
///
/// Checked against: TA-Lib 0.8.1 (`WMA`), relative tolerance 1e-12.
public struct WMA: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .indicator, name: "wma", summary: "Moving average with weights that fall linearly with age.",
        schema: ConfigurationSchema([.period(default: 20, "Bars the average is taken over."), .source()]),
        outputs: [OutputColumn("value", unit: "unit of the source", "Linearly weighted mean of the last bars.")])

    var core: Core
    var memory: [Double]

    /// Builds an average that has seen no bar.
    public init(_ configuration: Configuration) throws(PluginError) {
        let window = RollingWeightedMean(period: try configuration.period())
        core = Core(window: window, source: try BarField(configuration))
        memory = Array(repeating: 0, count: window.end)
    }

    /// `period`.
    public var warmUpLength: Int { core.window.period }

    struct Core: BarCore {
        var window: RollingWeightedMean
        let source: BarField

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let value = source.value(of: bar)
            guard value.isUsable else { return false }
            row[0] = window.push(value, &memory)
            return true
        }

        func save(to writer: inout StateWriter) { window.save(to: &writer) }

        mutating func restore(from reader: inout StateReader) throws(PluginError) {
            try window.restore(from: &reader)
        }
    }
}
