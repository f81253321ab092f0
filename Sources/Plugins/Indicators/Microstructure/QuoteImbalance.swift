public import PluginKit
import RollingStatistics

/// Imbalance of the best quote: which side has more.
///
/// ## Formula
/// ```
/// I_t = (b_t - a_t) / (b_t + a_t)        b, a: sizes at bid and ask
/// ```
///
/// | | |
/// |---|---|
/// | Input | `bid_size`, `ask_size` of a quote |
/// | Output | -1 (nobody buys) ... 1 (nobody sells), no unit |
/// | Parameters | none |
/// | Warm-up | 1 quote |
/// | Cost | O(1) time a quote, no memory |
/// | Undefined | an empty side without a size: the quote is refused; no size at both: 0 |
///
/// Over several levels: `book_imbalance`. Source: A. Cartea, S. Jaimungal and J. Penalva, *Algorithmic and High-Frequency
/// Trading*, 2015. Checked against: an independent computation from the formula with numpy, relative tolerance 1e-9.
public struct QuoteImbalance: QuoteIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "quote_imbalance", "Size at the bid less size at the ask, over both.", unit: "-1...1")

    var state: IndicatorState<Core>

    struct Core: QuoteCore {
        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {}

        var warmUpLength: Int { 1 }

        @inline(__always)
        mutating func step(_ quote: Quote, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard quote.hasUsableSizes else { return false }
            row[0] = (quote.bidSize - quote.askSize).over(quote.bidSize + quote.askSize)
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {}
    }
}
