import DelimitedText
import Foundation
import JSONReading
import PluginKit
import TestSupport
import Testing

@testable import BinanceProvider

/// Messages that Binance really sent, as hftbacktest recorded them; see ../shared/data.
@Suite(.enabled(if: Repository.hasMarket, "no ../shared/data/market here"))
struct BinanceRecordingTests {
    private static let folder = "\(Repository.market)/hftbacktest"

    private func play(_ kind: EventKind, _ coin: String, after position: String? = nil) async throws -> Pushes {
        let path = "\(Self.folder)/spot_\(coin.lowercased())usdt_20240808.gz"
        let binance = try instance(Binance.self, ["recording": .text(path)])
        let pushes = Pushes()
        let error = try await pushes.run(binance, kind, ["\(coin)USDT.BINANCE"], after: position)
        #expect(error == nil, "\(error?.message ?? "")")
        return pushes
    }

    /// Each best quote goes by the number of the book's update it is of, so the book after an update must have the best bid
    /// and ask of the last quote up to it, sizes included.
    @Test(arguments: [("ETH", 3_432), ("BTC", 3_449)])
    func theRebuiltBookAgreesWithTheRecordedQuotes(coin: String, count: Int) async throws {
        let books = try await play(.orderBook, coin)
        let quotes = try await play(.quote, coin).events(Quote.self)
        let updates = try Self.updates(coin)
        #expect(quotes.count == updates.count)
        #expect(books.defects.isEmpty)
        let all = books.events(OrderBook.self)
        #expect(all.count == count)
        var (place, same) = (-1, 0)
        for book in all {
            while place + 1 < updates.count, updates[place + 1] <= book.sequence { place += 1 }
            guard place >= 0 else { continue }
            let quote = quotes[place]
            let best = OrderBook.Level(price: quote.bid, size: quote.bidSize)
            let offer = OrderBook.Level(price: quote.ask, size: quote.askSize)
            if book.bids[0] == best, book.asks[0] == offer { same += 1 }
        }
        print("book of \(coin)USDT: \(same) of \(all.count) books agree with the quote of their update, sizes included")
        #expect(same == all.count, "\(same) of \(all.count) books agree with the quote of their update")
    }

    @Test func tradesAreThoseOfTheFileAndGoOnFromAnyLine() async throws {
        let whole = try await play(.trade, "ETH")
        let trades = whole.events(Trade.self)
        #expect(trades.count == 6_106 && whole.defects.isEmpty)
        #expect(trades.first?.price == 2683.8 && trades.first?.time == 1_723_161_255_611_000_000)
        let middle = whole.deliveries[whole.deliveries.count / 2]
        let before = whole.deliveries[...(whole.deliveries.count / 2)].reduce(0) { $0 + $1.batch.count }
        let rest = try await play(.trade, "ETH", after: middle.position.text)
        #expect(rest.events(Trade.self) == Array(trades[before...]))
    }

    /// Numbers of the updates of the quotes in a recording.
    private static func updates(_ coin: String) throws -> [Int64] {
        let packed = [UInt8](try Data(contentsOf: URL(filePath: "\(folder)/spot_\(coin.lowercased())usdt_20240808.gz")))
        var frame = BinanceFrame()
        var updates: [Int64] = []
        for line in try GzipBytes.unpacked(packed, limit: 1 << 26).split(separator: UInt8(ascii: "\n")) {
            try frame.read(Array(line.drop { $0 != UInt8(ascii: "{") }), JSONSubject("recording"))
            if frame.kind == .quote { updates.append(frame.lastUpdate) }
        }
        return updates
    }
}
