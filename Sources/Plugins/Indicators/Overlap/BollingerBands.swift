public import PluginKit
import RollingStatistics

/// Bollinger bands: a moving average with a band of some standard deviations on both sides.
///
/// ## Formula
/// ```
/// middle_t = average(x_(t-n+1) ... x_t)        s_t = sqrt(mean((x - mean(x))^2)) over the same n values
/// upper_t  = middle_t + c * s_t                lower_t = middle_t - c * s_t
/// bandwidth_t = (upper_t - lower_t) / middle_t
/// percent_t   = (x_t - lower_t) / (upper_t - lower_t)
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | `middle`, `upper`, `lower`: unit of the source; `bandwidth`, `percent`: fraction |
/// | Parameters | `period`: 2 ... 100000, default 20; `deviations` c: 0 ... 100, default 2; `average`: kind, default `sma`; `source` |
/// | Warm-up | that of the average, at least `period` bars |
/// | Cost | O(1) time a bar, amortised; 2 `period` numbers of memory and those of the average |
/// | Undefined | `middle = 0`: bandwidth NaN; no width: percent 0.5; values more than about 1e153 apart: all but middle NaN |
///
/// Source: J. Bollinger, *Bollinger on Bollinger Bands*, 2001. Checked against: TA-Lib 0.8.1 (`BBANDS`), relative
/// tolerance 1e-9; more exact than the reference, which loses digits in squares.
public struct BollingerBands: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "bollinger_bands", "Moving average with a band of deviations around it.",
        [
            .period(from: 2, default: 20, "Bars of average and standard deviation."),
            .number("deviations", 0...100, default: 2, "Half width of the band in standard deviations."),
            .average(default: .sma, "Kind of the average in the middle."), .source(),
        ],
        outputs: [
            OutputColumn("middle", unit: "unit of the source", "Average of the last bars."),
            OutputColumn("upper", unit: "unit of the source", "Middle plus the deviations."),
            OutputColumn("lower", unit: "unit of the source", "Middle less the deviations."),
            OutputColumn("bandwidth", unit: "fraction", "Upper less lower, over middle."),
            OutputColumn("percent", unit: "fraction", "Place of the value in the band: 0 at lower, 1 at upper."),
        ])

    var core: Core
    var memory: [Double]

    struct Core: BarCore {
        var window: RollingMoments
        /// The average in the middle, where it is not the mean of the window.
        var average: MovingAverage?
        let deviations: Double
        let source: BarField

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            window = RollingMoments(period: try options.period(from: 2), in: &layout)
            let kind: AverageKind = try options.word("average")
            average = kind == .sma ? nil : MovingAverage(kind, period: window.period, in: &layout)
            deviations = try options.number("deviations")
            source = try BarField(options)
        }

        var warmUpLength: Int { max(window.period, average?.warmUpLength ?? 0) }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let value = source.value(of: bar)
            guard value.isUsable else { return false }
            let moments = window.push(value, &memory)
            let middle = average?.push(value, &memory) ?? moments.mean
            guard !middle.isNaN, !moments.mean.isNaN else {
                row.clear()
                return true
            }
            let half = deviations * (moments.squares / Double(window.period)).squareRoot()
            row[0] = middle
            row[1] = middle + half
            row[2] = middle - half
            row[3] = (2 * half / middle).orUndefined
            row[4] = (value - row[2]).over(2 * half, else: 0.5)
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try window.code(&state)
            try average?.code(&state)
        }
    }
}
