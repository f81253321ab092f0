public import PluginKit
import RollingStatistics

/// Acceleration bands: prices widened by how far a bar spans in relation to its level, averaged.
///
/// ## Formula
/// ```
/// f_t = 4 * (high_t - low_t) / (high_t + low_t)
/// upper_t = SMA(high * (1 + f))_t      middle_t = SMA(close)_t      lower_t = SMA(low * (1 - f))_t
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, `close`, quote currency |
/// | Output | quote currency |
/// | Parameters | `period`: 1 ... 100000, default 20 |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 3 `period` numbers of memory |
/// | Undefined | `high + low = 0`: f is 0, as TA-Lib |
///
/// Source: P. Headley, *Big Trends in Trading*, 2002. Checked against: TA-Lib 0.8.1 (`ACCBANDS`), relative tolerance
/// 1e-9.
public struct AccelerationBands: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "acceleration_bands", "Average with bands that widen with the span of bars.",
        [.period(default: 20, "Bars of the averages.")],
        outputs: [
            OutputColumn("upper", unit: "quote currency", "Mean of the widened highs."),
            OutputColumn("middle", unit: "quote currency", "Mean of the close."),
            OutputColumn("lower", unit: "quote currency", "Mean of the widened lows."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var upper: SimpleAverage
        var middle: SimpleAverage
        var lower: SimpleAverage

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            let period = try options.period()
            upper = SimpleAverage(period: period, in: &layout)
            middle = SimpleAverage(period: period, in: &layout)
            lower = SimpleAverage(period: period, in: &layout)
        }

        var warmUpLength: Int { middle.warmUpLength }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableRange else { return false }
            let factor = 4 * (bar.high - bar.low).over(bar.high + bar.low)
            let high = bar.high * (1 + factor)
            let low = bar.low * (1 - factor)
            guard high.isUsable, low.isUsable else { return false }
            row[0] = upper.push(high, &memory)
            row[1] = middle.push(bar.close, &memory)
            row[2] = lower.push(low, &memory)
            return true
        }

        mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows) {
            bars.forEachBlock { block in
                withThreeColumns { highs, lows, closes in
                    let count = 0..<block.count
                    let (highs, lows, closes) = (highs.part(count), lows.part(count), closes.part(count))
                    guard block.copyRange(highs, lows, closes), Self.widen(highs, lows) else {
                        return stepThrough(block, &memory, into: rows, from: block.start)
                    }
                    upper.run(highs, &memory, into: highs)
                    middle.run(closes, &memory, into: closes)
                    lower.run(lows, &memory, into: lows)
                    rows.write(highs, to: 0, from: block.start)
                    rows.write(closes, to: 1, from: block.start)
                    rows.write(lows, to: 2, from: block.start)
                }
            }
        }

        /// Widens ranges in place; returns whether a kernel can take all of them.
        private static func widen(_ highs: NumberColumn, _ lows: NumberColumn) -> Bool {
            var unusable = 0
            for index in highs.indices {
                let (high, low) = (highs[index], lows[index])
                let factor = 4 * (high - low).over(high + low)
                highs[index] = high * (1 + factor)
                lows[index] = low * (1 - factor)
                unusable |= highs[index].isUsable && lows[index].isUsable ? 0 : 1
            }
            return unusable == 0
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try upper.code(&state)
            try middle.code(&state)
            try lower.code(&state)
        }
    }
}
