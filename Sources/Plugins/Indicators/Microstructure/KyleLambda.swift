public import PluginKit
import RollingStatistics

/// Kyle's lambda: how far the price moves for each share that was bought more than sold.
///
/// ## Formula
/// ```
/// y_t = p_t - p_(t-1)        x_t = s_t * size_t        s as in signed_volume
/// lambda_t = cov(x, y) / var(x)        correlation_t = cov(x, y) / sqrt(var(x) * var(y))        over the last n trades
/// ```
///
/// | | |
/// |---|---|
/// | Input | `price` of a trade, quote currency; `size`, shares, contracts or coins; its side |
/// | Output | `value`: quote currency a share; `correlation`: -1 ... 1 |
/// | Parameters | `period`: 2 ... 100000, default 200; `rule`: `side` or `tick` as in `signed_volume`, default `side` |
/// | Warm-up | `period + 1` trades; with the tick rule a sign goes back to the last change of the price |
/// | Cost | O(1) time a trade, amortised; 5 `period` numbers of memory |
/// | Undefined | signed volume that does not change: 0; correlation without change of either: 0 |
///
/// The slope of a regression by least squares with a constant. Source: A. Kyle, *Continuous Auctions and Insider Trading*,
/// Econometrica, 1985; regression as in J. Hasbrouck, *Empirical Market Microstructure*, 2007. Checked against: an
/// independent computation with numpy, relative tolerance 1e-9.
public struct KyleLambda: TradeIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "kyle_lambda", "Slope of price changes over signed volume of the last trades.",
        [.period(from: 2, default: 200, of: "trades", "Trades of the regression."), .signRule],
        outputs: [
            OutputColumn("value", unit: "quote currency/share", "Change of the price a share bought."),
            OutputColumn("correlation", unit: "-1...1", "Correlation of change and signed volume."),
        ])

    var state: IndicatorState<Core>

    struct Core: TradeCore {
        var sign: TradeSign
        var pairs: PairMoments
        var change = Change()

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            sign = try TradeSign(options)
            pairs = PairMoments(period: try options.period(from: 2), in: &layout)
        }

        var warmUpLength: Int { pairs.period + 1 }

        @inline(__always)
        mutating func step(_ trade: Trade, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard trade.isUsable, trade.price.isSquarable, trade.size.isSquarable else { return false }
            row.clear()
            let volume = sign.push(trade) * trade.size
            let change = change.push(trade.price)
            guard !change.isNaN else { return true }
            let sums = pairs.push(volume, change, &memory)
            row[0] = sums.slope
            row[1] = sums.correlation
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try sign.code(&state)
            try pairs.code(&state)
            try change.code(&state)
        }
    }
}
