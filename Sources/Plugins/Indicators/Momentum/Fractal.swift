public import PluginKit
import RollingStatistics

/// Williams's fractals: a high above those of the bars on both sides, told once the bars after it are there.
///
/// ## Formula
/// ```
/// swing_high_t = 100 where high_(t-r) > every high of the l bars before it and the r bars after it, else 0
/// swing_low_t  likewise with lows below
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, quote currency |
/// | Output | 0 or 100 |
/// | Parameters | `left`, `right`: 1 ... 100000, default 2 |
/// | Warm-up | `left + right + 1` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 4 numbers of memory for each bar of both sides |
/// | Undefined | equal extremes: 0, as TA-Lib |
///
/// A swing is told `right` bars after it happened: there is no look-ahead, and the value belongs to an older bar.
///
/// Source: B. Williams, *Trading Chaos*, 1995. Checked against: TA-Lib 0.8.1 (`FRACTAL`), equal.
public struct Fractal: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "fractal", "A swing of highs or lows, told once the bars after it are there.",
        [
            .period("left", default: 2, "Bars before the swing."),
            .period("right", default: 2, "Bars after the swing that must be there."),
        ],
        outputs: [
            OutputColumn("swing_high", unit: "0, 100", "100: the bar `right` bars ago was a swing high."),
            OutputColumn("swing_low", unit: "0, 100", "100: the bar `right` bars ago was a swing low."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var highs: Ring
        var lows: Ring
        var left: RollingRange
        var right: RollingRange
        var highest = Double.nan
        var lowest = Double.nan

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            let after = try options.period("right")
            highs = Ring(period: after, in: &layout)
            lows = Ring(period: after, in: &layout)
            left = RollingRange(period: try options.period("left"), in: &layout)
            right = RollingRange(period: after, in: &layout)
        }

        var warmUpLength: Int { left.period + right.period + 1 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableSpan else { return false }
            let (high, low) = (highs.push(bar.high, &memory), lows.push(bar.low, &memory))
            let after = right.push(high: bar.high, low: bar.low, &memory)
            let isEarly = highest.isNaN || after.highest.isNaN
            row[0] = isEarly ? .nan : high > highest && high > after.highest ? 100 : 0
            row[1] = isEarly ? .nan : low < lowest && low < after.lowest ? 100 : 0
            if !high.isNaN { (highest, lowest) = left.push(high: high, low: low, &memory) }
            return true
        }

        mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows) {
            bars.forEachBlock { block in
                withFourColumns { highs, lows, tops, bottoms in
                    let count = 0..<block.count
                    let (highs, lows, tops, bottoms) = (
                        highs.part(count), lows.part(count), tops.part(count), bottoms.part(count)
                    )
                    guard !highest.isNaN, block.copySpan(highs, lows) else {
                        return stepThrough(block, &memory, into: rows, from: block.start)
                    }
                    right.run(high: highs, low: lows, &memory, highest: tops, lowest: bottoms)
                    self.highs.run(highs, &memory, into: highs)
                    self.lows.run(lows, &memory, into: lows)
                    mark(highs, lows, tops, bottoms, &memory)
                    rows.write(tops, to: 0, from: block.start)
                    rows.write(bottoms, to: 1, from: block.start)
                }
            }
        }

        /// Puts 100 where a delayed high or low stands out, in place of the extremes after it.
        private mutating func mark(
            _ highs: NumberColumn, _ lows: NumberColumn, _ tops: NumberColumn, _ bottoms: NumberColumn,
            _ memory: inout MutableSpan<Double>
        ) {
            withTwoColumns { above, below in
                left.run(high: highs, low: lows, &memory, highest: above, lowest: below)
                for index in tops.indices {
                    let (top, bottom) = index == 0 ? (highest, lowest) : (above[index &- 1], below[index &- 1])
                    tops[index] = highs[index] > top && highs[index] > tops[index] ? 100 : 0
                    bottoms[index] = lows[index] < bottom && lows[index] < bottoms[index] ? 100 : 0
                }
                (highest, lowest) = (above[tops.count - 1], below[tops.count - 1])
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try highs.code(&state)
            try lows.code(&state)
            try left.code(&state)
            try right.code(&state)
            try state.numberOrNone(&highest)
            try state.numberOrNone(&lowest)
        }
    }
}
