public import PluginKit
import RollingStatistics

/// Lowest and highest of the last values, and how many bars ago each was.
///
/// ## Formula
/// ```
/// min_t = min(x_(t-n+1) ... x_t)        min_age_t: bars since it        max_t, max_age_t likewise
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | `min`, `max`: unit of the source; `min_age`, `max_age`: bars, 0 is this bar |
/// | Parameters | `period`: 2 ... 100000, default 30; `source` |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 4 `period` numbers of memory |
/// | Undefined | equal extremes: the newest counts |
///
/// Checked against: TA-Lib 0.8.1 (`MIN`, `MAX`, `MINMAX`; `MININDEX`, `MAXINDEX`, `MINMAXINDEX` count bars from the
/// first one), relative tolerance 1e-9.
public struct RollingExtremes: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "rolling_extremes", "Lowest and highest of the last values and their age.",
        [
            .period(from: 2, default: 30, "Values that are looked at."),
            .source(),
        ],
        outputs: [
            OutputColumn("min", unit: "unit of the source", "Lowest value."),
            OutputColumn("max", unit: "unit of the source", "Highest value."),
            OutputColumn("min_age", unit: "bars", "Bars since the lowest value."),
            OutputColumn("max_age", unit: "bars", "Bars since the highest value."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var lowest: RollingExtreme
        var highest: RollingExtreme
        let source: BarField

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            let period = try options.period(from: 2)
            lowest = RollingExtreme(.lowest, period: period, in: &layout)
            highest = RollingExtreme(.highest, period: period, in: &layout)
            source = try BarField(options)
        }

        var warmUpLength: Int { lowest.period }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let value = source.value(of: bar)
            guard value.isUsable else { return false }
            let (low, high) = (lowest.push(value, &memory), highest.push(value, &memory))
            row[0] = low.value
            row[1] = high.value
            row[2] = low.age
            row[3] = high.age
            return true
        }

        mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows) {
            bars.forEachBlock { block in
                withThreeColumns { numbers, values, ages in
                    guard source.copy(block, to: numbers) else {
                        return stepThrough(block, &memory, into: rows, from: block.start)
                    }
                    let count = 0..<block.count
                    let (numbers, values, ages) = (numbers.part(count), values.part(count), ages.part(count))
                    lowest.run(numbers, &memory, values: values, ages: ages)
                    rows.write(values, to: 0, from: block.start)
                    rows.write(ages, to: 2, from: block.start)
                    highest.run(numbers, &memory, values: values, ages: ages)
                    rows.write(values, to: 1, from: block.start)
                    rows.write(ages, to: 3, from: block.start)
                }
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try lowest.code(&state)
            try highest.code(&state)
        }
    }
}
