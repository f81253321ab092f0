public import PluginKit
import RollingStatistics

/// Bollinger bands: a moving average with a band of some standard deviations on both sides.
///
/// ## Formula
/// ```
/// middle_t = mean(x_(t-n+1) ... x_t)            s_t = sqrt(mean((x - middle_t)^2))
/// upper_t  = middle_t + c * s_t                 lower_t = middle_t - c * s_t
/// bandwidth_t = (upper_t - lower_t) / middle_t
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | `middle`, `upper`, `lower`: unit of the source; `bandwidth`: fraction |
/// | Parameters | `period`: 2 ... 100000, default 20; `deviations` c: 0 ... 100, default 2; `source` |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 2 `period` numbers of memory |
/// | Undefined | `middle = 0`: bandwidth NaN; values more than about 1e153 apart: all but middle NaN |
///
/// Source: J. Bollinger, *Bollinger on Bollinger Bands*, 2001. Checked against: TA-Lib 0.8.1 (`BBANDS`), relative
/// tolerance 1e-9; more exact than the reference, which loses digits in squares.
public struct BollingerBands: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .indicator, name: "bollinger_bands", summary: "Moving average with a band of deviations around it.",
        schema: ConfigurationSchema([
            .period(from: 2, default: 20, "Bars of mean and standard deviation."),
            .number("deviations", 0...100, default: 2, "Half width of the band in standard deviations."), .source(),
        ]),
        outputs: [
            OutputColumn("middle", unit: "unit of the source", "Mean of the last bars."),
            OutputColumn("upper", unit: "unit of the source", "Middle plus the deviations."),
            OutputColumn("lower", unit: "unit of the source", "Middle less the deviations."),
            OutputColumn("bandwidth", unit: "fraction", "Upper less lower, over middle."),
        ])

    var core: Core
    var memory: [Double]

    /// Builds bands that have seen no bar.
    public init(_ configuration: Configuration) throws(PluginError) {
        let window = RollingMoments(period: try configuration.period(from: 2))
        core = Core(
            window: window, deviations: try configuration.number("deviations"), source: try BarField(configuration))
        memory = Array(repeating: 0, count: window.end)
    }

    /// `period`.
    public var warmUpLength: Int { core.window.period }

    struct Core: BarCore {
        var window: RollingMoments
        let deviations: Double
        let source: BarField

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let value = source.value(of: bar)
            guard value.isUsable else { return false }
            let moments = window.push(value, &memory)
            let half = deviations * (moments.squares / Double(window.period)).squareRoot()
            row[0] = moments.mean
            row[1] = moments.mean + half
            row[2] = moments.mean - half
            row[3] = (2 * half / moments.mean).orUndefined
            return true
        }

        func save(to writer: inout StateWriter) { window.save(to: &writer) }

        mutating func restore(from reader: inout StateReader) throws(PluginError) {
            try window.restore(from: &reader)
        }
    }
}
