import PluginKit
import RollingStatistics

/// Quantities that rest on the best levels of both sides of a book.
struct BookSums: Sendable {
    let bid: Double
    let ask: Double

    /// Adds up the best levels, as many as there are; `nil` where a quantity is none a kernel can take.
    @inline(__always)
    init?(_ book: OrderBook, levels: Int) {
        guard let bid = Self.sum(book.bids, levels), let ask = Self.sum(book.asks, levels) else { return nil }
        self.bid = bid
        self.ask = ask
    }

    private static func sum(_ side: OrderBook.Side, _ levels: Int) -> Double? {
        var total = 0.0
        for position in 0..<min(levels, side.count) {
            let size = side[position].size
            guard size >= 0, size.isUsable else { return nil }
            total += size
        }
        return total
    }
}

extension ConfigurationOption {
    /// The option `levels`.
    static func levels(default value: Int) -> ConfigurationOption {
        .integer(
            "levels", 1...OrderBook.depth, default: value, unit: "levels", "Best levels of each side that are read.")
    }
}

extension Configuration {
    /// Returns the option `levels`; throws where a book does not hold as many.
    func levels() throws(PluginError) -> Int {
        let value = try integer("levels")
        guard (1...OrderBook.depth).contains(value) else {
            throw PluginError(
                .configuration,
                "\(instance): 'levels' is \(value); allowed 1...\(OrderBook.depth). Set it in plugins.yaml.")
        }
        return value
    }
}
