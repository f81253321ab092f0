public import PluginKit
import RollingStatistics

/// Realised spread: what of the effective spread was left to who quoted, some trades later; the rest is the price impact.
///
/// ## Formula
/// ```
/// m_t = (bid_t + ask_t) / 2 of the quote in force at trade t        s_t: 1 bought, -1 sold, as in lee_ready
/// realized_t = 2 * s_(t-k) * (p_(t-k) - m_t)        of the trade k trades ago, which is known now
/// impact_t = 2 * s_(t-k) * (m_t - m_(t-k))        realized + impact = effective_(t-k) of effective_spread
/// mean_t = sum(size_(t-k) * realized_t) / sum(size_(t-k))        over the last n values
/// ```
///
/// | | |
/// |---|---|
/// | Input | `price` of a trade, quote currency; `size`, shares, contracts or coins; its side; `bid` and `ask` of the input that `quotes` names |
/// | Output | `realized`, `impact`, `mean`: quote currency |
/// | Parameters | `after`: 1 ... 100000 trades, default 20; `period`: 1 ... 100000, default 100; `rule`: `quote` or `side` as in `lee_ready`, default `quote`; `quotes`: name of an input, default `quotes` |
/// | Warm-up | `after + period` trades with a quote |
/// | Cost | O(1) time a trade, amortised; 4 `after` and 2 `period` numbers of memory |
/// | Undefined | without a quote: no value, and the trade counts nowhere; no size in the window: `mean` is 0 |
///
/// The quote is the last one of the trade's time or before it, those of the same instant included, and none older than the `max_age` of the
/// input. After a restart a live pipeline begins these columns anew; one that plays the past makes them again from its beginning.
/// Source: R. Huang and H. Stoll, *Dealer versus auction markets*, Journal of Financial Economics, 1996, there after five minutes and not
/// after a count of trades. Checked against: an independent join and computation with pandas, relative tolerance 1e-9.
public struct RealizedSpread: QuotedTradeIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "realized_spread", "What of the effective spread was left some trades later, and the price impact.",
        [
            .period("after", default: 20, of: "trades", "Trades after which the middle of the quote is taken."),
            .period(default: 100, of: "trades", "Values of the mean."), .quotedSignRule, .quotes,
        ],
        outputs: [
            OutputColumn(
                "realized", unit: "quote currency", "Twice the distance of the earlier price from the middle now."),
            OutputColumn(
                "impact", unit: "quote currency", "Twice the way of the middle in the direction of that trade."),
            OutputColumn("mean", unit: "quote currency", "Mean of the realised spread, weighted by size."),
        ])

    var state: IndicatorState<Core>
    let quotes: String

    struct Core: QuotedTradeCore {
        var sign: QuotedSign
        var signs: Ring
        var prices: Ring
        var sizes: Ring
        var mids: Ring
        var kept: RollingSum
        var traded: RollingSum

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            sign = try QuotedSign(options)
            signs = Ring(period: try options.period("after"), in: &layout)
            prices = Ring(period: signs.period, in: &layout)
            sizes = Ring(period: signs.period, in: &layout)
            mids = Ring(period: signs.period, in: &layout)
            kept = RollingSum(period: try options.period(), in: &layout)
            traded = RollingSum(period: kept.period, in: &layout)
        }

        var warmUpLength: Int { signs.period + kept.period }

        @inline(__always)
        mutating func step(_ quoted: QuotedTrade, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            let (trade, mid) = (quoted.trade, quoted.mid)
            guard quoted.isUsable, mid.isSquarable, trade.price.isSquarable, trade.size.isSquarable else {
                return false
            }
            row.clear()
            let direction = signs.push(sign.push(quoted), &memory)
            let (price, size) = (prices.push(trade.price, &memory), sizes.push(trade.size, &memory))
            let before = mids.push(mid, &memory)
            guard !price.isNaN else { return true }
            let realized = 2 * direction * (price - mid)
            let sum = kept.push(size * realized, &memory)
            row[2] = sum.over(traded.push(size, &memory))
            guard !sum.isNaN else { return true }
            row[0] = realized
            row[1] = 2 * direction * (mid - before)
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try sign.code(&state)
            for ring in [\Self.signs, \.prices, \.sizes, \.mids] { try self[keyPath: ring].code(&state) }
            try kept.code(&state)
            try traded.code(&state)
        }
    }
}
