public import PluginKit
import RollingStatistics

/// Vortex indicator: how far highs are from the lows before and lows from the highs before, over the true range.
///
/// ## Formula
/// ```
/// plus_t  = sum(|high_i - low_(i-1)|) / sum(TR)        minus_t = sum(|low_i - high_(i-1)|) / sum(TR)        over the last n bars
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, `close`, quote currency |
/// | Output | 0 or more, no unit; about 1 |
/// | Parameters | `period`: 1 ... 100000, default 14 |
/// | Warm-up | `period + 1` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 3 `period` numbers of memory |
/// | Undefined | no range: 0, as TA-Lib |
///
/// Source: E. Botes and D. Siepman, *Technical Analysis of Stocks & Commodities*, January 2010. Checked against: TA-Lib
/// 0.8.1 (`VORTEX`), relative tolerance 1e-9.
public struct Vortex: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "vortex", "Movement up and down between bars over their true range.",
        [
            .period(default: 14, "Bars that are added up.")
        ],
        outputs: [
            OutputColumn("plus", unit: "no unit", "Movement from lows up to the next highs."),
            OutputColumn("minus", unit: "no unit", "Movement from highs down to the next lows."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var ups: RollingSum
        var downs: RollingSum
        var ranges: RollingSum
        var range = TrueRange()
        var high = Double.nan
        var low = Double.nan

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            let period = try options.period()
            ups = RollingSum(period: period, in: &layout)
            downs = RollingSum(period: period, in: &layout)
            ranges = RollingSum(period: period, in: &layout)
        }

        var warmUpLength: Int { ranges.period + 1 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableRange else { return false }
            let (up, down) = ((bar.high - low).magnitude, (bar.low - high).magnitude)
            (high, low) = (bar.high, bar.low)
            let range = range.push(high: bar.high, low: bar.low, close: bar.close)
            row.clear()
            guard !range.isNaN else { return true }
            let total = ranges.push(range, &memory)
            row[0] = ups.push(up, &memory).over(total)
            row[1] = downs.push(down, &memory).over(total)
            return true
        }

        mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows) {
            bars.forEachBlock { block in
                withThreeColumns { rises, falls, total in
                    guard block.copyRange(rises, falls, total), !high.isNaN else {
                        return stepThrough(block, &memory, into: rows, from: block.start)
                    }
                    let count = 0..<block.count
                    let (rises, falls, total) = (rises.part(count), falls.part(count), total.part(count))
                    for index in count {
                        let (top, bottom, close) = (rises[index], falls[index], total[index])
                        rises[index] = (top - low).magnitude
                        falls[index] = (bottom - high).magnitude
                        total[index] = range.push(high: top, low: bottom, close: close)
                        (high, low) = (top, bottom)
                    }
                    ranges.run(total, &memory, into: total)
                    ups.run(rises, &memory, into: rises)
                    downs.run(falls, &memory, into: falls)
                    for index in count {
                        rises[index] = rises[index].over(total[index])
                        falls[index] = falls[index].over(total[index])
                    }
                    rows.write(rises, to: 0, from: block.start)
                    rows.write(falls, to: 1, from: block.start)
                }
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try ups.code(&state)
            try downs.code(&state)
            try ranges.code(&state)
            try range.code(&state)
            try state.numberOrNone(&high)
            try state.numberOrNone(&low)
        }
    }
}
