public import PluginKit
import RollingStatistics

/// Standard deviation of the last `period` values.
///
/// ## Formula
/// ```
/// m_t = mean(x_(t-n+1) ... x_t)
/// s_t = sqrt(sum((x - m_t)^2) / n)                over n - 1 where `sample` is true
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | unit of the source |
/// | Parameters | `period`: 2 ... 100000, default 20; `sample`: default false; `source` |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 2 `period` numbers of memory |
/// | Undefined | values more than about 1e153 apart: NaN until they left the window |
///
/// Checked against: TA-Lib 0.8.1 (`STDDEV`), relative tolerance 1e-9; more exact than the reference, which loses digits
/// in squares. `sample` is checked against numpy, relative tolerance 1e-9.
public struct StandardDeviation: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .indicator, name: "standard_deviation", summary: "Standard deviation of the last bars.",
        schema: ConfigurationSchema([
            .period(from: 2, default: 20, "Bars the deviation is taken over."),
            .boolean("sample", default: false, "Divides by period - 1 (sample) and not by period (population)."),
            .source(),
        ]),
        outputs: [OutputColumn("value", unit: "unit of the source", "Standard deviation of the last bars.")])

    var core: Core
    var memory: [Double]

    /// Builds a deviation that has seen no bar.
    public init(_ configuration: Configuration) throws(PluginError) {
        let window = RollingMoments(period: try configuration.period(from: 2))
        let divisor = try configuration.boolean("sample") ? window.period - 1 : window.period
        core = Core(window: window, divisor: Double(divisor), source: try BarField(configuration))
        memory = Array(repeating: 0, count: window.end)
    }

    /// `period`.
    public var warmUpLength: Int { core.window.period }

    struct Core: BarCore {
        var window: RollingMoments
        let divisor: Double
        let source: BarField

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let value = source.value(of: bar)
            guard value.isUsable else { return false }
            row[0] = (window.push(value, &memory).squares / divisor).squareRoot()
            return true
        }

        func save(to writer: inout StateWriter) { window.save(to: &writer) }

        mutating func restore(from reader: inout StateReader) throws(PluginError) {
            try window.restore(from: &reader)
        }
    }
}
