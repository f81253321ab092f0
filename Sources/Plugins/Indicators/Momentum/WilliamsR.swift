public import PluginKit
import RollingStatistics

/// Williams %R: how far the close lies below the highest high, as a share of the recent range.
///
/// ## Formula
/// ```
/// R_t = -100 * (H_t - close_t) / (H_t - L_t)      H, L: highest high, lowest low of the last n bars
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, `close`, quote currency |
/// | Output | -100 ... 0, no unit |
/// | Parameters | `period`: 1 ... 100000, default 14 |
/// | Warm-up | `period` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; 2 `period` numbers of memory |
/// | Undefined | `H = L` (no range): 0, as TA-Lib |
///
/// Source: L. Williams, *How I Made One Million Dollars*, 1973. Checked against: TA-Lib 0.8.1 (`WILLR`), relative
/// tolerance 1e-12.
public struct WilliamsR: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "williams_r", "Williams %R: place of the close in the recent range.", unit: "-100...0",
        [.period(default: 14, "Bars of the range.")])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var window: RollingRange

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            window = RollingRange(period: try options.period(), in: &layout)
        }

        var warmUpLength: Int { window.period }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableRange else { return false }
            let (highest, lowest) = window.push(high: bar.high, low: bar.low, &memory)
            row[0] = Self.place(of: bar.close, highest, lowest)
            return true
        }

        @inline(__always)
        private static func place(of close: Double, _ highest: Double, _ lowest: Double) -> Double {
            let range = highest - lowest
            return range == 0 ? 0 : (-100 * ((highest - close) / range)).orUndefined
        }

        mutating func run(_ bars: some BarSource, _ memory: inout MutableSpan<Double>, into rows: FeatureRows) {
            bars.forEachBlock { block in
                withThreeColumns { highs, lows, closes in
                    guard block.copyRange(highs, lows, closes) else {
                        return stepThrough(block, &memory, into: rows, from: block.start)
                    }
                    let count = 0..<block.count
                    let (highs, lows) = (highs.part(count), lows.part(count))
                    window.run(high: highs, low: lows, &memory, highest: highs, lowest: lows)
                    for index in count { highs[index] = Self.place(of: closes[index], highs[index], lows[index]) }
                    rows.write(highs, to: 0, from: block.start)
                }
            }
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try window.code(&state) }
    }
}
