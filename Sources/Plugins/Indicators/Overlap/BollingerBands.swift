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

    var state: IndicatorState<Core>

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
            let bands = Self.bands(value, middle, moments.mean, moments.squares / Double(window.period), deviations)
            row[0] = bands.line
            row[1] = bands.line + bands.half
            row[2] = bands.line - bands.half
            row[3] = bands.width
            row[4] = bands.percent
            return true
        }

        /// Selections and no branches, so that a loop takes several bars at once.
        @inline(__always)
        private static func bands(
            _ value: Double, _ middle: Double, _ mean: Double, _ variance: Double, _ deviations: Double
        ) -> (line: Double, half: Double, width: Double, percent: Double) {
            let line = mean.isNaN ? .nan : middle
            let half = deviations * variance.squareRoot()
            let place = ((value - (line - half)) / (2 * half)).orUndefined
            return (line, half, (2 * half / line).orUndefined, 2 * half == 0 && !line.isNaN ? 0.5 : place)
        }

        mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows) {
            bars.forEachBlock { block in
                withFourColumns { values, means, squares, middles in
                    guard source.copy(block, to: values) else {
                        return stepThrough(block, &memory, into: rows, from: block.start)
                    }
                    let count = 0..<block.count
                    let (deviations, period) = (deviations, Double(window.period))
                    let (values, middles) = (values.part(count), middles.part(count))
                    window.run(values, &memory, means: means, squares: squares)
                    if average == nil {
                        middles.copy(from: means)
                    } else {
                        average?.run(values, &memory, into: middles)
                    }
                    for index in count {
                        let bands = Self.bands(
                            values[index], middles[index], means[index], squares[index] / period, deviations)
                        values[index] = bands.percent
                        middles[index] = bands.line
                        means[index] = bands.half
                        squares[index] = bands.width
                    }
                    rows.write(middles, to: 0, from: block.start)
                    rows.write(squares.part(count), to: 3, from: block.start)
                    rows.write(values, to: 4, from: block.start)
                    for index in count {
                        values[index] = middles[index] + means[index]
                        squares[index] = middles[index] - means[index]
                    }
                    rows.write(values, to: 1, from: block.start)
                    rows.write(squares.part(count), to: 2, from: block.start)
                }
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try window.code(&state)
            try average?.code(&state)
        }
    }
}
