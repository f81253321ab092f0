public import PluginKit
import RollingStatistics

/// Lee and Mykland's test for jumps: whether a return is too large for the volatility before it.
///
/// ## Formula
/// ```
/// r_t = ln(x_t / x_(t-1))        v_t = sum(|r_j| * |r_(j-1)|) / (K - 2)        j = t - K + 2 ... t - 1
/// L_t = r_t / sqrt(v_t)          jump: |L_t| > C + S * B
/// c = sqrt(2 / pi)    g = sqrt(2 ln N)    C = g / c - (ln pi + ln ln N) / (2 c g)    S = 1 / (c g)
/// B = -ln(-ln(1 - significance))
/// ```
///
/// | | |
/// |---|---|
/// | Input | `source` of a bar, `close` by default |
/// | Output | `statistic` L: no unit, normal with variance pi / 2 without a jump; `jump`: 1 up, -1 down, 0 none |
/// | Parameters | `period` K: 3 ... 100000, default 156; `observations` N: 3 ... 1000000, default 26; `significance`: 1e-9 ... 0.5, default 0.01; `source` |
/// | Warm-up | `period + 1` bars; what is older has no weight |
/// | Cost | O(1) time a bar, amortised; `period` numbers of memory |
/// | Undefined | no volatility before (`v = 0`): L is 0; a value of 0 or less: the returns to and from it are 0 |
///
/// N is how many returns are tested together: of these, without a jump, the largest passes the bound with the probability
/// `significance`. The authors take K = 270 for returns of 5 minutes, 156 of 15, 78 of an hour, 16 of a day; 26 returns of 15
/// minutes are a session in New York. Bars of trades: `shape: { from: trade }` in the pipeline.
///
/// Source: S. Lee and P. Mykland, *Jumps in Financial Markets*, Review of Financial Studies, 2008. Checked against: an
/// independent computation from the formula with pandas, relative tolerance 1e-9.
public struct PriceJump: BarIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "price_jump", "Whether a return is too large for the volatility before it.",
        [
            .period(from: 3, default: 156, "Bars of the volatility."),
            .integer("observations", 3...1_000_000, default: 26, unit: "bars", "Returns that are tested together."),
            .ratio("significance", 1e-9...0.5, default: 0.01, "Probability of a false jump among them."), .source(),
        ],
        outputs: [
            OutputColumn("statistic", unit: "", "Return over the volatility before it."),
            OutputColumn("jump", unit: "-1...1", "1 for a jump up, -1 for one down, 0 for none."),
        ])

    var state: IndicatorState<Core>

    struct Core: BarCore {
        var products: RollingSum
        var change = LogChange()
        let bound: Double
        let source: BarField
        /// Size of the return before, and the mean of the products up to it.
        var before = Double.nan
        var variance = Double.nan

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            products = RollingSum(period: try options.period(from: 3) - 2, in: &layout)
            bound = try Self.bound(options)
            source = try BarField(options)
        }

        /// What the statistic must pass.
        private static func bound(_ options: Configuration) throws(PluginError) -> Double {
            let logarithm = Double(max(try options.integer("observations"), 3)).logarithm
            let c = (2 / Double.pi).squareRoot()
            let g = (2 * logarithm).squareRoot()
            let level = -(-(1 - (try options.number("significance"))).logarithm).logarithm
            return g / c - (Double.pi.logarithm + logarithm.logarithm) / (2 * c * g) + level / (c * g)
        }

        var warmUpLength: Int { products.period + 3 }

        @inline(__always)
        mutating func step(_ bar: Bar, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let value = source.value(of: bar)
            guard value.isUsable else { return false }
            row.clear()
            let change = change.push(value)
            guard !change.isNaN else { return true }
            if !variance.isNaN {
                let statistic = change.over(variance.squareRoot())
                row[0] = statistic
                row[1] = statistic > bound ? 1 : statistic < -bound ? -1 : 0
            }
            let size = change.magnitude
            if !before.isNaN { variance = products.push(size * before, &memory) / Double(products.period) }
            before = size
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try products.code(&state)
            try change.code(&state)
            try state.numberOrNone(&before)
            try state.numberOrNone(&variance)
        }
    }
}
