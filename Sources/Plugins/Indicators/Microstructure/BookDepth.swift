public import PluginKit
import RollingStatistics

/// Depth: how much rests on the best levels of each side.
///
/// ## Formula
/// ```
/// bid_t = sum(b_1 ... b_n)        ask_t = sum(a_1 ... a_n)        sizes of the n best levels of a side
/// ```
///
/// | | |
/// |---|---|
/// | Input | `bid_size`, `ask_size` of the levels of a book |
/// | Output | `bid`, `ask`: shares, contracts or coins |
/// | Parameters | `levels`: 1 ... 20, default 5 |
/// | Warm-up | 1 book |
/// | Cost | O(`levels`) time a book, no memory |
/// | Undefined | fewer levels than asked for: the sum of those there are, 0 for an empty side |
///
/// Source: L. Harris, *Trading and Exchanges*, 2003. Checked against: an independent computation over a book that
/// is kept by other code, with numpy, relative tolerance 1e-9.
public struct BookDepth: BookIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "book_depth", "Quantity on the best levels of each side.", [.levels(default: 5)],
        outputs: [
            OutputColumn("bid", unit: "shares", "Quantity of the buyers."),
            OutputColumn("ask", unit: "shares", "Quantity of the sellers."),
        ])

    var state: IndicatorState<Core>

    struct Core: BookCore {
        let levels: Int

        init(_ options: Configuration, _ layout: inout WindowLayout) throws(PluginError) {
            levels = try options.levels()
        }

        var warmUpLength: Int { 1 }

        @inline(__always)
        mutating func step(_ book: OrderBook, _ memory: inout MutableSpan<Double>, into row: OutputRow) -> Bool {
            guard let sums = BookSums(book, levels: levels) else { return false }
            row[0] = sums.bid
            row[1] = sums.ask
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try state.same(levels) }
    }
}
