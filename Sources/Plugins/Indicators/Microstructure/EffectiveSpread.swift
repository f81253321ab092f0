public import PluginKit
import RollingStatistics

/// Effective spread: what traders paid beyond the middle of the quote, for buying and selling once.
///
/// ## Formula
/// ```
/// m_t = (bid_t + ask_t) / 2 of the quote in force at trade t        s_t: 1 bought, -1 sold, as in lee_ready
/// effective_t = 2 * s_t * (p_t - m_t)        relative_t = effective_t / m_t
/// mean_t = sum(size * effective) / sum(size)        over the last n trades
/// ```
///
/// | | |
/// |---|---|
/// | Input | `price` of a trade, quote currency; `size`, shares, contracts or coins; its side; `bid` and `ask` of the input that `quotes` names |
/// | Output | `effective`, `mean`: quote currency; `relative`: fraction of the middle; below 0 where a trade was better than the middle |
/// | Parameters | `period`: 1 ... 100000, default 100; `rule`: `quote` or `side` as in `lee_ready`, default `quote`; `quotes`: name of an input, default `quotes` |
/// | Warm-up | `period` trades with a quote |
/// | Cost | O(1) time a trade, amortised; 2 `period` numbers of memory |
/// | Undefined | without a quote: no value, and the trade counts nowhere; a middle of 0: `relative` is 0; no size in the window: `mean` is 0 |
///
/// The quote is the last one of the trade's time or before it, those of the same instant included, and none older than the `max_age` of the
/// input. After a restart a live pipeline begins these columns anew; one that plays the past makes them again from its beginning.
/// Source: R. Huang and H. Stoll, *Dealer versus auction markets*, Journal of Financial Economics, 1996. Checked against: an independent
/// join and computation with pandas, relative tolerance 1e-9.
public struct EffectiveSpread: QuotedTradeIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "effective_spread", "What traders paid beyond the middle of the quote, twice.",
        [.period(default: 100, of: "trades", "Trades of the mean."), .quotedSignRule, .quotes],
        outputs: [
            OutputColumn("effective", unit: "quote currency", "Twice the distance of the price from the middle."),
            OutputColumn("relative", unit: "fraction", "The same over the middle of the quote."),
            OutputColumn("mean", unit: "quote currency", "Its mean over the last trades, weighted by size."),
        ])

    var state: IndicatorState<Core>
    let quotes: String

    struct Core: QuotedTradeCore {
        var sign: QuotedSign
        var paid: RollingSum
        var traded: RollingSum

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            sign = try QuotedSign(options)
            paid = RollingSum(period: try options.period(), in: &layout)
            traded = RollingSum(period: paid.period, in: &layout)
        }

        var warmUpLength: Int { paid.period }

        @inline(__always)
        mutating func step(_ quoted: QuotedTrade, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let size = quoted.trade.size
            guard quoted.isUsable, quoted.mid.isSquarable, quoted.trade.price.isSquarable, size.isSquarable else {
                return false
            }
            let effective = 2 * sign.push(quoted) * (quoted.trade.price - quoted.mid)
            let sum = paid.push(size * effective, &memory)
            row[0] = sum.isNaN ? .nan : effective
            row[1] = sum.isNaN ? .nan : effective.over(quoted.mid)
            row[2] = sum.over(traded.push(size, &memory))
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try sign.code(&state)
            try paid.code(&state)
            try traded.code(&state)
        }
    }
}
