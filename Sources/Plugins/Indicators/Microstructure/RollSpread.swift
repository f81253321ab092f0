public import PluginKit
import RollingStatistics

/// Roll's spread: the effective spread as the bouncing of trades between bid and ask shows it, without quotes.
///
/// ## Formula
/// ```
/// d_t = p_t - p_(t-1)        c_t = cov(d_t, d_(t-1))        over the last n pairs, divided by n
/// spread_t = 2 * sqrt(-c_t)
/// ```
///
/// | | |
/// |---|---|
/// | Input | `price` of a trade, quote currency |
/// | Output | `value`: quote currency; `covariance`: its square |
/// | Parameters | `period`: 2 ... 100000, default 200 |
/// | Warm-up | `period + 2` trades; what is older has no weight |
/// | Cost | O(1) time a trade, amortised; 5 `period` numbers of memory |
/// | Undefined | `c > 0` (changes go on more than they turn): `value` is 0 |
///
/// Source: R. Roll, *A Simple Implicit Measure of the Effective Bid-Ask Spread in an Efficient Market*, Journal of
/// Finance, 1984. Checked against: an independent computation with pandas, relative tolerance 1e-9.
public struct RollSpread: TradeIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "roll_spread", "Effective spread out of the covariance of one price change with the next.",
        [.period(from: 2, default: 200, of: "trades", "Pairs of changes of the covariance.")],
        outputs: [
            OutputColumn("value", unit: "quote currency", "Twice the root of the negative covariance."),
            OutputColumn("covariance", unit: "quote currency^2", "Covariance of one change with the next."),
        ])

    var state: IndicatorState<Core>

    struct Core: TradeCore {
        var pairs: PairMoments
        var change = Change()
        var before = Double.nan

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            pairs = PairMoments(period: try options.period(from: 2), in: &layout)
        }

        var warmUpLength: Int { pairs.period + 2 }

        @inline(__always)
        mutating func step(_ trade: Trade, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard trade.price.isSquarable else { return false }
            row.clear()
            let last = before
            before = change.push(trade.price)
            guard !last.isNaN else { return true }
            let covariance = pairs.push(last, before, &memory).xy / Double(pairs.period)
            row[0] = covariance > 0 ? 0 : 2 * (-covariance).squareRoot()
            row[1] = covariance
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try pairs.code(&state)
            try change.code(&state)
            try state.numberOrNone(&before)
        }
    }
}
