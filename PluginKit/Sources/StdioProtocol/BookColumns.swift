import PluginKit

/// Time, sequence, instrument, flags; then for as many levels as the deepest book has: bid prices, bid sizes, ask prices, ask
/// sizes, best first. NaN fills a side with fewer levels.
extension OrderBook: ColumnEvent {
    private static let fixed: [ColumnType] = [.int64, .int64, .uint32, .uint32]

    static func columns(_ count: Int) -> [ColumnType]? {
        let levels = count - fixed.count
        guard levels >= 0, levels % 4 == 0, levels / 4 <= depth else { return nil }
        return fixed + Array(repeating: .float64, count: levels)
    }

    static func columnCount(_ books: [OrderBook]) -> Int {
        fixed.count + 4 * (books.lazy.map { max($0.bids.count, $0.asks.count) }.max() ?? 0)
    }

    static func put(_ books: [OrderBook], to writer: inout ColumnWriter) {
        writer.column(books.count) { books[$0].time }
        writer.column(books.count) { books[$0].sequence }
        writer.column(books.count) { books[$0].instrument.rawValue }
        writer.column(books.count) { books[$0].flags.rawValue }
        let levels = (columnCount(books) - fixed.count) / 4
        for side in [\OrderBook.bids, \OrderBook.asks] {
            for field in [\Level.price, \Level.size] {
                for level in 0..<levels {
                    writer.column(books.count) { row in
                        let levels = books[row][keyPath: side]
                        return level < levels.count ? levels[level][keyPath: field] : .nan
                    }
                }
            }
        }
    }

    static func take(_ rows: Int, _ columns: Int, _ reader: inout ColumnReader) -> [OrderBook] {
        var books = Array(repeating: blank, count: rows)
        reader.column(books.count, Int64.self) { books[$0].time = $1 }
        reader.column(books.count, Int64.self) { books[$0].sequence = $1 }
        reader.column(books.count, UInt32.self) { books[$0].instrument = InstrumentID(rawValue: $1) }
        reader.column(books.count, UInt32.self) { books[$0].flags = EventFlags(rawValue: $1) }
        let levels = (columns - fixed.count) / 4
        for side in [\OrderBook.bids, \OrderBook.asks] {
            var prices: [Double] = []
            for _ in 0..<levels {
                reader.numbers(books.count) {
                    prices.append($1)
                    _ = $0
                }
            }
            for level in 0..<levels {
                let start = level * books.count
                reader.numbers(books.count) { row, size in
                    let price = prices[start + row]
                    if !price.isNaN { books[row][keyPath: side].append(Level(price: price, size: size)) }
                }
            }
        }
        return books
    }
}
