public import PluginKit
import RollingStatistics

/// Imbalance of a book: which side has more on its best levels.
///
/// ## Formula
/// ```
/// I_t = (sum(b_1 ... b_n) - sum(a_1 ... a_n)) / (sum(b_1 ... b_n) + sum(a_1 ... a_n))        sizes of the n best levels
/// ```
///
/// | | |
/// |---|---|
/// | Input | `bid_size`, `ask_size` of the levels of a book |
/// | Output | -1 (nobody buys) ... 1 (nobody sells), no unit |
/// | Parameters | `levels`: 1 ... 20, default 5 |
/// | Warm-up | 1 book |
/// | Cost | O(`levels`) time a book, no memory |
/// | Undefined | both sides empty: 0; fewer levels than asked for: those there are |
///
/// Source: A. Cartea, S. Jaimungal and J. Penalva, *Algorithmic and High-Frequency Trading*, 2015. Checked against: an
/// independent computation over a book that is kept by other code, with numpy, relative tolerance 1e-9.
public struct BookImbalance: BookIndicator {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor.indicator(
        "book_imbalance", "Quantity of the buyers less that of the sellers, over both, on the best levels.",
        unit: "-1...1", [.levels(default: 5)])

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
            row[0] = (sums.bid - sums.ask).over(sums.bid + sums.ask)
            return true
        }

        mutating func code(_ state: inout StateCoder) throws(PluginError) { try state.same(levels) }
    }
}
