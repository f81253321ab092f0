public import PluginKit
import RollingStatistics

/// Quoted spread: what it costs to buy and sell at once at the best prices.
///
/// ## Formula
/// ```
/// quoted_t   = ask_t - bid_t
/// relative_t = quoted_t / m_t        m_t = (bid_t + ask_t) / 2
/// ```
///
/// | | |
/// |---|---|
/// | Input | `bid`, `ask` of a quote, quote currency |
/// | Output | `quoted`: quote currency; `relative`: fraction of the mid price; below 0 where the quote is crossed |
/// | Parameters | none |
/// | Warm-up | 1 quote |
/// | Cost | O(1) time a quote, no memory |
/// | Undefined | an empty side: the quote is refused; a mid price of 0: `relative` is 0 |
///
/// What was paid: `effective_spread`; what of it was left later: `realized_spread`.
/// Source: J. Hasbrouck, *Empirical Market Microstructure*, 2007. Checked against: an independent computation from the
/// formula with numpy, relative tolerance 1e-9.
public struct QuotedSpread: QuoteIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "quoted_spread", "Distance of the best prices.",
        outputs: [
            OutputColumn("quoted", unit: "quote currency", "Ask less bid."),
            OutputColumn("relative", unit: "fraction", "Ask less bid, over the price in the middle."),
        ])

    var state: IndicatorState<Core>

    struct Core: QuoteCore {
        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {}

        var warmUpLength: Int { 1 }

        @inline(__always)
        mutating func step(_ quote: Quote, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard quote.hasUsablePrices else { return false }
            row[0] = quote.spread
            row[1] = quote.spread.over((quote.bid + quote.ask) / 2)
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {}
    }
}
