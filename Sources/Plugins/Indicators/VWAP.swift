public import PluginKit
import RollingStatistics

/// Volume-weighted average price of the last `period` bars.
///
/// ## Formula
/// ```
/// VWAP_t = sum(p * volume) / sum(volume)          over the last n bars; p = (high + low + close) / 3
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `typical` by default, quote currency; `volume`, shares |
/// | Output | quote currency |
/// | Parameters | `period`: 1 ... 100000, default 20; `source` |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 2 `period` numbers of memory |
/// | Undefined | no volume in the whole window: NaN |
///
/// The price of a bar stands for all its trades: exact only where bars are short. It does not restart with the session.
/// Checked against: an independent computation from the formula with pandas, relative tolerance 1e-12.
public struct VWAP: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .indicator, name: "vwap", summary: "Volume-weighted average price of the last bars.",
        schema: ConfigurationSchema([
            .period(default: 20, "Bars the average is taken over."), .source(default: .typical),
        ]),
        outputs: [OutputColumn("value", unit: "quote currency", "Mean price, weighted with volume.")])

    var core: Core
    var memory: [Double]

    /// Builds an average that has seen no bar.
    public init(_ configuration: Configuration) throws(PluginError) {
        let values = RollingSum(period: try configuration.period())
        let volumes = RollingSum(period: values.period, offset: values.end)
        core = Core(values: values, volumes: volumes, source: try BarField(configuration))
        memory = Array(repeating: 0, count: volumes.end)
    }

    /// `period`.
    public var warmUpLength: Int { core.values.period }

    struct Core: BarCore {
        var values: RollingSum
        var volumes: RollingSum
        let source: BarField

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let value = source.value(of: bar) * bar.volume
            guard value.isUsable, bar.hasUsableVolume else { return false }
            let total = values.push(value, &memory)
            row[0] = (total / volumes.push(bar.volume, &memory)).orUndefined
            return true
        }

        func save(to writer: inout StateWriter) {
            values.save(to: &writer)
            volumes.save(to: &writer)
        }

        mutating func restore(from reader: inout StateReader) throws(PluginError) {
            try values.restore(from: &reader)
            try volumes.restore(from: &reader)
        }
    }
}
