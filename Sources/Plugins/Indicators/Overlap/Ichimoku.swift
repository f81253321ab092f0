public import PluginKit
import RollingStatistics

/// Ichimoku: midpoints of three ranges; what is drawn ahead of its time comes at the bar it is drawn over.
///
/// ## Formula
/// ```
/// midpoint_n,t = (max(high) + min(low)) / 2                 over the last n bars
/// conversion_t = midpoint_c,t                    base_t = midpoint_b,t
/// span_a_t = (conversion_(t-d) + base_(t-d)) / 2            span_b_t = midpoint_s,(t-d)
/// ```
///
/// | | |
/// |---|---|
/// | Input | `high`, `low`, quote currency |
/// | Output | quote currency |
/// | Parameters | `conversion_period` c 9, `base_period` b 26, `span_period` s 52, `displacement` d 25: 1 ... 100000 |
/// | Warm-up | longest period plus `displacement` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised |
/// | Undefined | never |
///
/// The lagging span is the close drawn `displacement` bars back: a value of the future at its place, so it is no
/// output here.
///
/// Source: G. Hosoda, 1969. Checked against: an independent computation from the formula with pandas, relative
/// tolerance 1e-9.
public struct Ichimoku: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "ichimoku", "Midpoints of three ranges, and the cloud over the current bar.",
        [
            .period("conversion_period", default: 9, "Bars of the conversion line."),
            .period("base_period", default: 26, "Bars of the base line."),
            .period("span_period", default: 52, "Bars of the second span."),
            .period("displacement", default: 25, "Bars the spans are drawn ahead."),
        ],
        outputs: [
            OutputColumn("conversion", unit: "quote currency", "Midpoint of the short range."),
            OutputColumn("base", unit: "quote currency", "Midpoint of the middle range."),
            OutputColumn(
                "span_a", unit: "quote currency", "Mean of conversion and base, as many bars ago as it is drawn ahead."),
            OutputColumn("span_b", unit: "quote currency", "Midpoint of the long range, likewise."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var conversion: RollingRange
        var base: RollingRange
        var span: RollingRange
        var first: Ring
        var second: Ring

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            conversion = RollingRange(period: try options.period("conversion_period"), in: &layout)
            base = RollingRange(period: try options.period("base_period"), in: &layout)
            span = RollingRange(period: try options.period("span_period"), in: &layout)
            first = Ring(period: try options.period("displacement"), in: &layout)
            second = Ring(period: first.period, in: &layout)
        }

        var warmUpLength: Int { max(conversion.period, base.period, span.period) + first.period }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard bar.hasUsableSpan else { return false }
            let short = Self.middle(conversion.push(high: bar.high, low: bar.low, &memory))
            let long = Self.middle(base.push(high: bar.high, low: bar.low, &memory))
            let longest = Self.middle(span.push(high: bar.high, low: bar.low, &memory))
            let mean = (short + long) / 2
            row.clear()
            guard !mean.isNaN, !longest.isNaN else { return true }
            let ahead = first.push(mean, &memory)
            let behind = second.push(longest, &memory)
            guard !ahead.isNaN else { return true }
            row[0] = short
            row[1] = long
            row[2] = ahead
            row[3] = behind
            return true
        }

        private static func middle(_ range: (highest: Double, lowest: Double)) -> Double {
            (range.highest + range.lowest) / 2
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try conversion.code(&state)
            try base.code(&state)
            try span.code(&state)
            try first.code(&state)
            try second.code(&state)
        }
    }
}
