public import PluginKit
import RollingStatistics

/// Exponential moving average: the newest value counts most, older ones fade.
///
/// ## Formula
/// ```
/// EMA_n = mean(x_1 ... x_n)
/// EMA_t = EMA_(t-1) + 2 / (n + 1) * (x_t - EMA_(t-1))
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source |
/// | Parameters | `period`: 1 ... 100000, default 20; `source` |
/// | Warm-up | `period` bars; recursive: the seed's weight after k more bars is (1 - 2 / (n + 1))^k |
/// | Cost | O(1) time and memory a bar |
/// | Undefined | never |
///
/// Checked against: TA-Lib 0.8.1 (`EMA`), relative tolerance 1e-12.
public struct EMA: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .indicator, name: "ema", summary: "Exponential moving average.",
        schema: ConfigurationSchema([
            .period(default: 20, "Bars; the weight of the newest is 2 / (period + 1)."), .source(),
        ]),
        outputs: [OutputColumn("value", unit: "unit of the source", "Average in which older bars fade.")])

    var core: Core
    var memory: [Double] = []

    /// Builds an average that has seen no bar.
    public init(_ configuration: Configuration) throws(PluginError) {
        core = Core(
            average: ExponentialAverage(period: try configuration.period()), source: try BarField(configuration))
    }

    /// `period`.
    public var warmUpLength: Int { core.average.period }

    struct Core: BarCore {
        var average: ExponentialAverage
        let source: BarField

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let value = source.value(of: bar)
            guard value.isUsable else { return false }
            row[0] = average.push(value)
            return true
        }

        func save(to writer: inout StateWriter) { average.save(to: &writer) }

        mutating func restore(from reader: inout StateReader) throws(PluginError) {
            try average.restore(from: &reader)
        }
    }
}
