import JSONReading
import PluginKit
import TestSupport
import Testing

@testable import BinanceProvider

/// Reading Binance's messages and keeping a book of them, without a network.
struct BinanceBookTests {
    private func frame(_ text: String) throws -> BinanceFrame {
        var frame = BinanceFrame()
        try frame.read(Array(text.utf8), JSONSubject("test"))
        return frame
    }

    private func depth(_ first: Int, _ last: Int, bids: String = "", asks: String = "") throws -> BinanceFrame {
        try frame(
            #"{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":\#(first),"u":\#(last),"b":[\#(bids)],"a":[\#(asks)]}}"#
        )
    }

    @Test func messagesAreReadAsTheyAreSent() throws {
        let trade = try frame(
            #"{"stream":"btcusdt@trade","data":{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true,"M":true}}"#
        )
        #expect(trade.kind == .trade && !trade.isAggregated && trade.symbol == JSONName("BTCUSDT"))
        #expect((trade.id, trade.time, trade.price, trade.size) == (3_735_683_259, 1_723_161_255_342, 61837.63, 0.02))
        let aggregate = try frame(
            #" {"e":"aggTrade","E":1,"s":"BNBBTC","a":12345,"p":"0.001","q":"100","f":100,"l":105,"T":123456785,"m":false,"M":true} "#
        )
        #expect(aggregate.isAggregated && aggregate.id == 12_345 && !aggregate.isBuyerMaker)
        let quote = try frame(
            #"{"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000","A":"40.66000000"}"#)
        #expect(quote.kind == .quote && (quote.bid, quote.askSize) == (25.3519, 40.66))
        let bar = try frame(
            #"{"e":"kline","E":1,"s":"BNBBTC","k":{"t":60000,"T":119999,"s":"BNBBTC","i":"1m","f":100,"L":200,"o":"1","c":"2","h":"3","l":"0.5","v":"1000","n":100,"x":true,"q":"1.5","V":"500","Q":"0.5","B":"9"}}"#
        )
        #expect(bar.kind == .bar && bar.bar.isClosed && bar.bar.last == 119_999 && bar.bar.values.amount == 1.5)
        #expect(try depth(3, 5, bids: #"["1.5","2"]"#).bids.prices == [1.5])
        #expect(try frame(#"{"result":null,"id":1}"#).kind == .answer)
        #expect(try frame(#"{"error":{"code":2,"msg":"no"},"id":1}"#).message == "no")
        #expect(try frame(#"{"e":"serverShutdown","E":1}"#).kind == .other)
    }

    @Test(arguments: [
        "", "{", "[]", "{}x", #"{"e":"trade","s":"BTCUSDT"}"#, #"{"u":1,"b":"1","a":"x","B":"1","A":"1"}"#,
        #"{"lastUpdateId":1,"bids":[["1"]],"asks":[]}"#, #"{"lastUpdateId":1,"bids":[["-1","1"]],"asks":[]}"#,
        #"{"e":"kline","k":{"t":1}}"#, #"{"e":"depthUpdate","E":1,"U":1,"u":99999999999999999999,"b":[],"a":[]}"#,
    ])
    func whatLacksAPartIsRefused(text: String) {
        #expect(throws: PluginError.self) { try frame(text) }
    }

    @Test func noiseNeverTrapsTheReader() throws {
        let text = Array(
            #"{"data":{"e":"depthUpdate","E":1,"s":"BTCUSDT","U":1,"u":2,"b":[["1.5","2"]],"a":[["2.5e1","0.00"]]}}"#
                .utf8)
        var generator = SeededGenerator(seed: 11)
        var frame = BinanceFrame()
        for _ in 0..<3_000 {
            var bytes = text
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...127, using: &generator)
            }
            try? frame.read(
                Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &generator))), JSONSubject("test"))
        }
    }

    @Test(arguments: [
        "0", "-0", "1", "61837.63000000", "0.00001234", "123456789012345678", "9007199254740993", "1e22", "1e-22",
        "0.1", "1.7976931348623157e308", "4.9e-324", "99999999.99999999",
    ])
    func decimalsAreTheNearest(text: String) throws {
        for written in [text, "\"\(text)\""] {
            var scanner = JSONScanner(Array(written.utf8), JSONSubject("test"))
            #expect(try scanner.decimal() == Double(text))
            try scanner.end()
        }
    }

    /// A side against a dictionary, over prices near and far, and more of them than it keeps.
    @Test(arguments: [true, false]) func aSideHoldsTheBestLevelsInOrder(isBid: Bool) {
        var generator = SeededGenerator(seed: 3)
        var side = BookSide(isBid: isBid)
        var levels: [Double: Double] = [:]
        for step in 0..<20_000 {
            let spread = step % 7 == 0 ? 4_000 : 40
            let price = 10_000 + Double(Int.random(in: -spread...spread, using: &generator)) / 2
            let size = Int.random(in: 0...3, using: &generator) == 0 ? 0 : Double(step + 1)
            side.set(price, size)
            levels[price] = size == 0 ? nil : size
            guard step % 97 == 0 else { continue }
            let best = levels.sorted { isBid ? $0.key > $1.key : $0.key < $1.key }.prefix(20)
            #expect(side.count == levels.count)
            #expect(
                Array(side.top(20)) == best.map { OrderBook.Level(price: $0.key, size: $0.value) }, "step \(step)")
        }
        for price in 1...BookSide.limit + 50 { side.set(Double(price) / 4, 1) }
        #expect(side.count == BookSide.limit)
        #expect(side.best == side.level(0))
    }

    @Test func aBookFollowsTheDocumentedRules() throws {
        var book = LocalBook()
        #expect(book.take(try depth(1, 2)) == .early)
        let snapshot = try frame(#"{"lastUpdateId":10,"bids":[["5","1"],["4","1"]],"asks":[["6","1"]]}"#)
        book.begin(snapshot.lastUpdate, bids: snapshot.bids, asks: snapshot.asks)
        #expect(book.take(try depth(5, 10, bids: #"["9","9"]"#)) == .known)
        #expect(book.take(try depth(9, 12, bids: #"["5","0"]"#, asks: #"["5.5","2"]"#)) == .applied)
        #expect(book.bids.best?.price == 4 && book.asks.best?.price == 5.5 && book.lastUpdate == 12)
        #expect(book.take(try depth(13, 13, bids: #"["7","0"]"#)) == .applied, "a level that is not there may go")
        #expect(book.take(try depth(15, 16)) == .gap)
        #expect(book.lastUpdate == nil && book.bids.count == 0)
        #expect(book.take(try depth(17, 17)) == .early)
    }
}
