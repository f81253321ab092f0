public import PluginKit
import RollingStatistics

/// Order flow imbalance: what came to the bid and left the ask, less the reverse, over the last quotes.
///
/// ## Formula
/// ```
/// e_t = [B_t >= B_(t-1)] b_t - [B_t <= B_(t-1)] b_(t-1) - [A_t <= A_(t-1)] a_t + [A_t >= A_(t-1)] a_(t-1)
/// OFI_t = sum(e)        over the last n; B, A: bid and ask; b, a: their sizes; [...]: 1 where it holds, else 0
/// ```
///
/// | | |
/// |---|---|
/// | Input | `bid`, `ask` of a quote, quote currency; `bid_size`, `ask_size` |
/// | Output | `value`, `event`: shares, contracts or coins; above 0 where demand grew |
/// | Parameters | `period`: 1 ... 100000, default 100 |
/// | Warm-up | `period + 1` quotes; what is older has no weight |
/// | Cost | O(1) time a quote, amortised; `period` numbers of memory |
/// | Undefined | an empty side: the quote is refused, and the next is compared with the one before it |
///
/// Source: R. Cont, A. Kukanov and S. Stoikov, *The Price Impact of Order Book Events*, Journal of Financial
/// Econometrics, 2014. Checked against: an independent computation from the formula with pandas, relative tolerance 1e-9.
public struct OrderFlowImbalance: QuoteIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "order_flow_imbalance", "Growth of the bid less growth of the ask over the last quotes.",
        [.period(default: 100, of: "quotes", "Changes from quote to quote that are added up.")],
        outputs: [
            OutputColumn("value", unit: "shares", "Sum over the last changes."),
            OutputColumn("event", unit: "shares", "The last change alone."),
        ])

    var state: IndicatorState<Core>

    struct Core: QuoteCore {
        var sum: RollingSum
        var hasBegun = false
        var bid = 0.0
        var ask = 0.0
        var bidSize = 0.0
        var askSize = 0.0

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            sum = RollingSum(period: try options.period(), in: &layout)
        }

        var warmUpLength: Int { sum.period + 1 }

        @inline(__always)
        mutating func step(_ quote: Quote, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard quote.hasUsablePrices, quote.hasUsableSizes else { return false }
            let change = change(to: quote)
            let total = hasBegun ? sum.push(change, &memory) : .nan
            (hasBegun, bid, ask, bidSize, askSize) = (true, quote.bid, quote.ask, quote.bidSize, quote.askSize)
            row[0] = total
            row[1] = total.isNaN ? .nan : change
            return true
        }

        @inline(__always)
        private func change(to quote: Quote) -> Double {
            let demand = (quote.bid >= bid ? quote.bidSize : 0) - (quote.bid <= bid ? bidSize : 0)
            let supply = (quote.ask <= ask ? quote.askSize : 0) - (quote.ask >= ask ? askSize : 0)
            return demand - supply
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) {
            try sum.code(&state)
            try state.flag(&hasBegun)
            try state.number(&bid)
            try state.number(&ask)
            try state.number(&bidSize)
            try state.number(&askSize)
        }
    }
}
