public import PluginKit
import RollingStatistics

/// Donchian channel: highest high and lowest low of the last bars, and the middle between them.
///
/// ## Formula
/// ```
/// upper_t = max(high)      lower_t = min(low)      over the last n bars      middle_t = (upper_t + lower_t) / 2
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, quote currency |
/// | Output | quote currency |
/// | Parameters | `period`: 1 ... 100000, default 20 |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 2 `period` numbers of memory |
/// | Undefined | never |
///
/// The middle is the midpoint price of TA-Lib (`MIDPRICE`).
///
/// Source: R. Donchian. Checked against: TA-Lib 0.8.1 (`DONCHIAN`, `MIDPRICE`), relative tolerance 1e-9.
public struct DonchianChannel: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "donchian_channel", "Highest high and lowest low of the last bars, and their middle.",
        [.period(default: 20, "Bars of the channel.")],
        outputs: [
            OutputColumn("upper", unit: "quote currency", "Highest high of the last bars."),
            OutputColumn("middle", unit: "quote currency", "Mean of upper and lower."),
            OutputColumn("lower", unit: "quote currency", "Lowest low of the last bars."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var window: RollingRange

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            window = RollingRange(period: try options.period(), in: &layout)
        }

        var warmUpLength: Int { window.period }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableSpan else { return false }
            let (highest, lowest) = window.push(high: bar.high, low: bar.low, &memory)
            row[0] = highest
            row[1] = (highest + lowest) / 2
            row[2] = lowest
            return true
        }

        mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows) {
            bars.forEachBlock { block in
                withThreeColumns { highs, lows, middles in
                    let count = 0..<block.count
                    let (highs, lows, middles) = (highs.part(count), lows.part(count), middles.part(count))
                    guard block.copySpan(highs, lows) else {
                        return stepThrough(block, &memory, into: rows, from: block.start)
                    }
                    window.run(high: highs, low: lows, &memory, highest: highs, lowest: lows)
                    for index in count { middles[index] = (highs[index] + lows[index]) / 2 }
                    rows.write(highs, to: 0, from: block.start)
                    rows.write(middles, to: 1, from: block.start)
                    rows.write(lows, to: 2, from: block.start)
                }
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try window.code(&state) }
    }
}
