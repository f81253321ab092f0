public import PluginKit
import RollingStatistics

/// Realised volatility from trades: the root of the sum of squared log returns, of all trades or of every k-th.
///
/// ## Formula
/// ```
/// q_0, q_1, ...: the price of the first trade and of every k-th after it
/// r_j = ln(q_j / q_(j-1))        RV = sqrt(sum(r^2))        over the last n returns
/// ```
///
/// | | |
/// |---|---|
/// | Input | `price` of a trade, quote currency |
/// | Output | fraction, for the span of n returns; unchanged between the trades that are taken |
/// | Parameters | `period` n: 1 ... 100000, default 100; `every` k: 1 ... 100000, default 1 |
/// | Warm-up | `period * every + 1` trades; what is older has no weight |
/// | Cost | O(1) time a trade, amortised; `period` numbers of memory |
/// | Undefined | a price of 0 or less: the returns to and from it are 0 |
///
/// Trades bounce between bid and ask, which adds to the squares: a larger `every` takes it out. Of bars:
/// `realized_volatility`. Source: L. Zhang, P. Mykland and Y. Aït-Sahalia, *A Tale of Two Time Scales*, Journal of the
/// American Statistical Association, 2005. Checked against: an independent computation with pandas, relative tolerance
/// 1e-9.
public struct TradeVolatility: TradeIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "trade_volatility", "Root of the sum of squared log returns from trade to trade.", unit: "fraction",
        [
            .period(default: 100, of: "returns", "Returns that are added up."),
            .period("every", default: 1, of: "trades", "A return is taken from every so many trades."),
        ])

    var state: IndicatorState<Core>

    struct Core: TradeCore {
        var sum: RollingSum
        var change = LogChange()
        let every: Int
        /// Trades until the next one that is taken.
        var left = 0
        var value = Double.nan

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            sum = RollingSum(period: try options.period(), in: &layout)
            every = try options.period("every")
        }

        var warmUpLength: Int { sum.period * every + 1 }

        @inline(__always)
        mutating func step(_ trade: Trade, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard trade.price.isUsable else { return false }
            if left == 0 {
                left = every
                let change = change.push(trade.price)
                if !change.isNaN { value = sum.push(change * change, &memory).squareRoot() }
            }
            left -= 1
            row[0] = value
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try state.same(every)
            try sum.code(&state)
            try change.code(&state)
            try state.count(&left, in: 0...(every - 1))
            try state.numberOrNone(&value)
        }
    }
}
