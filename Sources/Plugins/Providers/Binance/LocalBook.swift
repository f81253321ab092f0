import JSONReading
package import PluginKit

/// Levels in the order they were told; prices and sizes side by side.
package struct BookLevels: Sendable {
    private(set) var prices: [Double] = []
    private(set) var sizes: [Double] = []

    package var count: Int { prices.count }

    mutating func removeAll() {
        guard !prices.isEmpty else { return }
        prices.removeAll(keepingCapacity: true)
        sizes.removeAll(keepingCapacity: true)
    }

    mutating func append(_ price: Double, _ size: Double) {
        prices.append(price)
        sizes.append(size)
    }

    /// Reads `[["61837.63","3.78"], ...]`.
    mutating func read(_ scanner: inout JSONScanner) throws(PluginError) {
        try scanner.array { (scanner) throws(PluginError) in
            var (price, size, count) = (0.0, 0.0, 0)
            try scanner.array { (scanner) throws(PluginError) in
                switch count {
                case 0: price = try scanner.decimal()
                case 1: size = try scanner.decimal()
                default: try scanner.skip()
                }
                count += 1
            }
            guard count >= 2, price > 0, size >= 0 else {
                throw scanner.fault("a level with price and size was expected")
            }
            append(price, size)
        }
    }
}

/// One side of a book: prices and sizes side by side, the best last, so that what changes most moves least.
///
/// Room for all levels it may have is taken once; no change allocates.
package struct BookSide: Sendable {
    /// Levels kept; of more, the worst go.
    static let limit = 8_192

    private let isBid: Bool
    /// Prices of bids, negative prices of asks: ascending.
    private var keys: [Double] = []
    private var sizes: [Double] = []

    init(isBid: Bool) {
        self.isBid = isBid
        keys.reserveCapacity(Self.limit)
        sizes.reserveCapacity(Self.limit)
    }

    var count: Int { keys.count }

    /// The best price and its size; `nil` where the side is empty.
    var best: OrderBook.Level? { count > 0 ? level(0) : nil }

    /// The level at a place from the best.
    func level(_ place: Int) -> OrderBook.Level {
        let index = keys.count - 1 - place
        return OrderBook.Level(price: isBid ? keys[index] : -keys[index], size: sizes[index])
    }

    /// The best levels.
    package func top(_ depth: Int) -> OrderBook.Side {
        var side = OrderBook.Side()
        for place in 0..<min(depth, count) { side.append(level(place)) }
        return side
    }

    mutating func removeAll() {
        keys.removeAll(keepingCapacity: true)
        sizes.removeAll(keepingCapacity: true)
    }

    /// Sets the size at a price; zero removes the level.
    mutating func set(_ price: Double, _ size: Double) {
        let key = isBid ? price : -price
        let index = place(of: key)
        if index < keys.count, keys[index] == key {
            if size > 0 {
                sizes[index] = size
            } else {
                keys.remove(at: index)
                sizes.remove(at: index)
            }
        } else if size > 0 {
            insert(key, size, at: index)
        }
    }

    mutating func set(_ levels: BookLevels) {
        for place in 0..<levels.count { set(levels.prices[place], levels.sizes[place]) }
    }

    private mutating func insert(_ key: Double, _ size: Double, at index: Int) {
        if keys.count == Self.limit {
            guard index > 0 else { return }
            keys.remove(at: 0)
            sizes.remove(at: 0)
            keys.insert(key, at: index - 1)
            sizes.insert(size, at: index - 1)
        } else {
            keys.insert(key, at: index)
            sizes.insert(size, at: index)
        }
    }

    /// Returns the first place whose key is not less: steps from the best that double, then halves.
    private func place(of key: Double) -> Int {
        var (low, high, step) = (0, keys.count, 1)
        while step <= high, keys[high - step] >= key {
            high -= step
            step *= 2
        }
        low = max(low, high - step)
        while low < high {
            let middle = (low + high) / 2
            if keys[middle] < key { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// A book kept from a snapshot and the changes since, by the rules Binance documents.
///
/// Changes that the snapshot has are left out; the first one taken must hold the update after the snapshot's last, each
/// later one the update after the one before. Otherwise something is missing, and a new snapshot is needed.
package struct LocalBook: Sendable {
    /// What became of changes.
    package enum Outcome: Sendable, Hashable {
        /// They are in the book.
        case applied
        /// The book had them.
        case known
        /// There is no snapshot yet.
        case early
        /// Updates before them are missing; the book is no longer one.
        case gap
    }

    package private(set) var bids = BookSide(isBid: true)
    package private(set) var asks = BookSide(isBid: false)
    /// Number of the last update in it; `nil` before a snapshot.
    private(set) var lastUpdate: Int64?

    /// Creates one without a snapshot.
    package init() {}

    /// Begins with a snapshot.
    package mutating func begin(_ lastUpdate: Int64, bids: BookLevels, asks: BookLevels) {
        clear()
        self.lastUpdate = lastUpdate
        self.bids.set(bids)
        self.asks.set(asks)
    }

    /// Forgets all; changes are early until a snapshot comes.
    mutating func clear() {
        lastUpdate = nil
        bids.removeAll()
        asks.removeAll()
    }

    /// Takes changes of updates from a first to a last one.
    package mutating func take(_ frame: BinanceFrame) -> Outcome {
        guard let last = lastUpdate else { return .early }
        guard frame.lastUpdate > last else { return .known }
        guard frame.firstUpdate <= last + 1 else {
            clear()
            return .gap
        }
        bids.set(frame.bids)
        asks.set(frame.asks)
        lastUpdate = frame.lastUpdate
        return .applied
    }
}
