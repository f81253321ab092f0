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
/// | Output | `min`, `max`: unit of the source; `min_age`, `max_age`: bars, 0 is this bar; none of both where `ages` is false |
/// | Parameters | `period`: 2 ... 100000, default 30; `source`; `ages`: default true |
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
            .boolean("ages", default: true, "Gives the ages too; without them it is twice as fast."),
        ],
        outputs: [
            OutputColumn("min", unit: "unit of the source", "Lowest value."),
            OutputColumn("max", unit: "unit of the source", "Highest value."),
            OutputColumn("min_age", unit: "bars", "Bars since the lowest value."),
            OutputColumn("max_age", unit: "bars", "Bars since the highest value."),
        ])

    /// All, or those that are no ages.
    public static func outputs(_ configuration: Configuration) -> [OutputColumn] {
        (try? configuration.boolean("ages")) == false ? Array(descriptor.outputs[..<2]) : descriptor.outputs
    }

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var window: Window
        let source: BarField

        /// Extremes with their ages, or alone.
        enum Window: Sendable {
            case aged(RollingExtreme, RollingExtreme)
            case plain(RollingRange)
        }

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            let period = try options.period(from: 2)
            window =
                try options.boolean("ages")
                ? .aged(
                    RollingExtreme(.lowest, period: period, in: &layout),
                    RollingExtreme(.highest, period: period, in: &layout))
                : .plain(RollingRange(period: period, in: &layout))
            source = try BarField(options)
        }

        var warmUpLength: Int {
            switch window {
            case .aged(let lowest, _): lowest.period
            case .plain(let range): range.period
            }
        }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let value = source.value(of: bar)
            guard value.isUsable else { return false }
            switch window {
            case .aged(var lowest, var highest):
                let (low, high) = (lowest.push(value, &memory), highest.push(value, &memory))
                (row[0], row[1], row[2], row[3]) = (low.value, high.value, low.age, high.age)
                window = .aged(lowest, highest)
            case .plain(var range):
                let found = range.push(high: value, low: value, &memory)
                (row[0], row[1]) = (found.lowest, found.highest)
                window = .plain(range)
            }
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
                    switch window {
                    case .aged(var lowest, var highest):
                        lowest.run(numbers, &memory, values: values, ages: ages)
                        rows.write(values, to: 0, from: block.start)
                        rows.write(ages, to: 2, from: block.start)
                        highest.run(numbers, &memory, values: values, ages: ages)
                        rows.write(values, to: 1, from: block.start)
                        rows.write(ages, to: 3, from: block.start)
                        window = .aged(lowest, highest)
                    case .plain(var range):
                        range.run(high: numbers, low: numbers, &memory, highest: values, lowest: ages)
                        rows.write(ages, to: 0, from: block.start)
                        rows.write(values, to: 1, from: block.start)
                        window = .plain(range)
                    }
                }
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            switch window {
            case .aged(var lowest, var highest):
                try lowest.code(&state)
                try highest.code(&state)
                window = .aged(lowest, highest)
            case .plain(var range):
                try range.code(&state)
                window = .plain(range)
            }
        }
    }
}
