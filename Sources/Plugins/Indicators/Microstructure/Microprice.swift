public import PluginKit
import RollingStatistics

/// Microprice: the mid price drawn to the side that has less, where the next trade is likelier to take all.
///
/// ## Formula
/// ```
/// mid_t   = (bid_t + ask_t) / 2
/// value_t = (bid_t * a_t + ask_t * b_t) / (a_t + b_t)        a, b: sizes at ask and bid
/// ```
///
/// | | |
/// |---|---|
/// | Input | `bid`, `ask` of a quote, quote currency; `bid_size`, `ask_size` |
/// | Output | `value`, `mid`: quote currency |
/// | Parameters | none |
/// | Warm-up | 1 quote |
/// | Cost | O(1) time a quote, no memory |
/// | Undefined | an empty side: the quote is refused; no size at both: `value` is `mid` |
///
/// Stoikov's own micro-price adjusts this weighted mid by a chain that is fitted to past quotes; it is not that one.
/// Source: S. Stoikov, *The micro-price*, Quantitative Finance, 2018 (the weighted mid). Checked against: an independent
/// computation from the formula with numpy, relative tolerance 1e-9.
public struct Microprice: QuoteIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "microprice", "Mid price weighted with the size of the other side.",
        outputs: [
            OutputColumn("value", unit: "quote currency", "Mid price weighted with the size of the other side."),
            OutputColumn("mid", unit: "quote currency", "Mean of bid and ask."),
        ])

    var state: IndicatorState<Core>

    struct Core: QuoteCore {
        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {}

        var warmUpLength: Int { 1 }

        @inline(__always)
        mutating func step(_ quote: Quote, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard quote.hasUsablePrices, quote.hasUsableSizes else { return false }
            let share = quote.bidSize.over(quote.bidSize + quote.askSize, else: 0.5)
            row[0] = quote.bid + quote.spread * share
            row[1] = (quote.bid + quote.ask) / 2
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {}
    }
}
