public import PluginKit
import RollingStatistics

/// Moving average convergence divergence: distance of a fast from a slow average, and its own average.
///
/// ## Formula
/// ```
/// MACD_t      = fast(x)_t - slow(x)_t
/// signal_t    = average(MACD)_t
/// histogram_t = MACD_t - signal_t              twice that with `doubled`
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | `macd`, `signal`, `histogram`: unit of the source |
/// | Parameters | `fast_period` 12, `slow_period` 26, `signal_period` 9: 1 ... 100000; `fast_average`, `slow_average`, `signal_average`: kind, default `ema`; `weights`: `period` or `fixed`, default `period`; `histogram`: `plain` or `doubled`, default `plain`; `source` |
/// | Warm-up | that of the slower average and of the signal, less 1; `slow_period + signal_period - 1` bars for `ema` |
/// | Cost | that of the averages; O(1) time and memory a bar for `ema` |
/// | Undefined | never |
///
/// As in TA-Lib both averages have their first value at the same bar: the one with the shorter warm-up begins later.
/// With `weights: fixed` a new value has the weight 0.15 in the fast and 0.075 in the slow average, as Appel gave them and
/// as `MACDFIX` has them, in place of 2 / (n + 1), which is 0.1538 and 0.0741; for exponential averages of 12 and 26.
/// `histogram: doubled` is what Chinese terminals show.
///
/// Source: G. Appel, *Technical Analysis: Power Tools for Active Investors*, 2005. Checked against: TA-Lib 0.8.1
/// (`MACD`, `MACDEXT`, `MACDFIX`), relative tolerance 1e-9.
public struct MACD: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "macd", "Distance of a fast from a slow average, and its signal line.",
        [
            .period("fast_period", default: 12, "Bars of the fast average."),
            .period("slow_period", default: 26, "Bars of the slow average."),
            .period("signal_period", default: 9, "Bars of the average of the distance."),
            .average("fast_average", default: .ema, "Kind of the fast average."),
            .average("slow_average", default: .ema, "Kind of the slow average."),
            .average("signal_average", default: .ema, "Kind of the average of the distance."),
            .word("weights", default: Weights.period, "Where the weights of fast and slow average come from."),
            .word("histogram", default: Histogram.plain, "Whether the histogram is doubled."), .source(),
        ],
        outputs: [
            OutputColumn("macd", unit: "unit of the source", "Fast average less slow average."),
            OutputColumn("signal", unit: "unit of the source", "Average of macd."),
            OutputColumn("histogram", unit: "unit of the source", "macd less signal, or twice that."),
        ])

    /// Finds a fast average that is not faster, and fixed weights of other averages than they are for.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        configuration.faults(unless: "fast_period", isBelow: "slow_period") + fixedFaults(configuration)
    }

    private static func fixedFaults(_ configuration: Configuration) -> [ConfigurationFault] {
        guard (try? configuration.text("weights")) == Weights.fixed.rawValue else { return [] }
        let periods = [("fast_period", 12), ("slow_period", 26)].filter { name, period in
            (try? configuration.integer(name)) != period
        }
        let kinds = ["fast_average", "slow_average"].filter {
            (try? configuration.text($0)) != AverageKind.ema.rawValue
        }
        return periods.map { name, period in
            ConfigurationFault(option: name, "'\(name)' must be \(period) where 'weights' is fixed.")
        }
            + kinds.map { ConfigurationFault(option: $0, "'\($0)' must be ema where 'weights' is fixed.") }
    }

    var state: IndicatorState<Core>

    enum Weights: String, Sendable, CaseIterable {
        case period, fixed
    }

    enum Histogram: String, Sendable, CaseIterable {
        case plain, doubled
    }

    struct Core: BarCore {
        var pair: AveragePair
        var signal: MovingAverage
        let factor: Double
        let source: BarField

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            var fast = try MovingAverage(options, kind: "fast_average", period: "fast_period", &layout)
            var slow = try MovingAverage(options, kind: "slow_average", period: "slow_period", &layout)
            if try options.word("weights") == Weights.fixed {
                fast = MovingAverage(ExponentialAverage(period: 12, weight: 0.15))
                slow = MovingAverage(ExponentialAverage(period: 26, weight: 0.075))
            }
            pair = AveragePair(fast: fast, slow: slow, isAligned: true)
            signal = try MovingAverage(options, kind: "signal_average", period: "signal_period", &layout)
            factor = try options.word("histogram") == Histogram.doubled ? 2 : 1
            source = try BarField(options)
        }

        var warmUpLength: Int { pair.warmUpLength + signal.warmUpLength - 1 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let value = source.value(of: bar)
            guard value.isUsable else { return false }
            let averages = pair.push(value, &memory)
            let distance = averages.fast - averages.slow
            let signal = distance.isNaN ? .nan : signal.push(distance, &memory)
            row[0] = signal.isNaN ? .nan : distance
            row[1] = signal
            row[2] = factor * (distance - signal)
            return true
        }

        mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows) {
            bars.forEachBlock { block in
                withThreeColumns { fast, slow, line in
                    guard source.copy(block, to: line) else {
                        return stepThrough(block, &memory, into: rows, from: block.start)
                    }
                    let count = 0..<block.count
                    let (fast, slow, line) = (fast.part(count), slow.part(count), line.part(count))
                    if !runLines(line, distance: fast) {
                        pair.run(line, &memory, fast: fast, slow: slow)
                        for index in count {
                            fast[index] -= slow[index]
                            line[index] = fast[index]
                        }
                        signal.run(over: line, &memory)
                    }
                    for index in count {
                        slow[index] = factor * (fast[index] - line[index])
                        fast[index] = line[index].isNaN ? .nan : fast[index]
                    }
                    rows.write(fast, to: 0, from: block.start)
                    rows.write(line, to: 1, from: block.start)
                    rows.write(slow, to: 2, from: block.start)
                }
            }
        }

        /// Three exponential averages side by side, so that none waits for the other; false where they are others or have
        /// not started. Puts the signal in place of the numbers.
        private mutating func runLines(_ numbers: NumberColumn, distance: NumberColumn) -> Bool {
            guard var (fast, slow) = pair.startedLines, var line = signal.startedLine else { return false }
            for index in numbers.indices {
                let number = numbers[index]
                distance[index] = fast.next(number) - slow.next(number)
                numbers[index] = line.next(distance[index])
            }
            pair.startedLines = (fast, slow)
            signal.startedLine = line
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try pair.code(&state)
            try signal.code(&state)
        }
    }
}
