import BinanceProvider
import PluginKit
import TestSupport
import Testing

/// Binance as its REST interface answers, from a server of this machine.
struct BinanceTests {
    private func binance(_ server: ReplayServer, _ options: [String: ConfigurationValue] = [:]) throws -> Binance {
        try instance(Binance.self, options.merging(["base_url": .text(server.url)]) { old, _ in old })
    }

    private static let id = InstrumentID(rawValue: 0)
    private static let minute: Int64 = 60_000_000_000

    /// Klines of a minute each from the start of 2024 on.
    private func klines(_ numbers: Range<Int>) -> ReplayServer.Reply {
        let rows = numbers.map { number in
            let open = 1_704_067_200_000 + number * 60_000
            return #"[\#(open),"1.5","2","1","\#(number).25","3",\#(open + 59_999),"4.5",7,"1","2","0"]"#
        }
        return .init("[\(rows.joined(separator: ","))]")
    }

    @Test func aBarEndsWhereTheNextBegins() async throws {
        let server = try ReplayServer(.any(klines(0..<2)))
        let request = try FetchRequest(.bar, ["BTC-USDT.CRYPTO"], Timeframe(1, .minute))
        let bars = try await binance(server).fetch(request).events(Bar.self)
        #expect(bars.map(\.time) == [1, 2].map { 1_704_067_200_000_000_000 + $0 * Self.minute })
        #expect(
            bars.map { [$0.open, $0.high, $0.low, $0.close, $0.volume, $0.amount] }[1] == [1.5, 2, 1, 1.25, 3, 4.5])
        let asked = try #require(try server.asked().first)
        #expect(asked.path == "/api/v3/klines")
        #expect(asked.query("symbol") == "BTCUSDT" && asked.query("interval") == "1m")
        #expect(asked.query("startTime") == "1499990400000")
    }

    @Test func goesOnBehindTheLastBarOfAPage() async throws {
        let start = 1_704_067_200_000 + 1_000 * 60_000
        let server = try ReplayServer(
            .any(query: ["startTime": "\(start)"], klines(1_000..<1_003)), .any(klines(0..<1_000)))
        let request = try FetchRequest(.bar, ["BTCUSDT.BINANCE"], Timeframe(1, .minute))
        #expect(try await binance(server).fetch(request).batch.count == 1_003)
        let cut = try await binance(server, ["max_pages": .integer(1)]).fetch(request)
        #expect(cut.batch.count == 1_000)
        #expect(cut.defects.map(\.reason) == ["too_many_pages"])
    }

    @Test func whoTookIsTheSideThatDidNotWait() async throws {
        let text =
            #"[{"a":26129,"p":"0.01633102","q":"4.70443515","f":1,"l":2,"T":1704067200123,"m":true,"M":true},{"a":1}]"#
        let server = try ReplayServer(.any(.init(text)))
        let reply = try await binance(server).fetch(FetchRequest(.trade, ["BTCUSDT.BINANCE"]))
        #expect(
            try reply.events(Trade.self) == [
                Trade(
                    time: 1_704_067_200_123_000_000, price: 0.01633102, size: 4.70443515, side: .sell,
                    instrument: Self.id)
            ])
        #expect(reply.defects.map(\.reason) == ["unreadable_row"])
    }

    @Test func quotesAndBooksAreOfNow() async throws {
        let quote = #"{"symbol":"BTCUSDT","bidPrice":"4.0","bidQty":"431","askPrice":"4.00000200","askQty":"9"}"#
        let book = #"{"lastUpdateId":160,"bids":[["4.0","431"],["3.9","1"]],"asks":[["4.2","12"]]}"#
        let server = try ReplayServer(.init("/api/v3/depth", .init(book)), .any(.init(quote)))
        let binance = try binance(server)
        let quotes = try await binance.fetch(FetchRequest(.quote, ["BTCUSDT.BINANCE"])).events(Quote.self)
        #expect(quotes.map { [$0.bid, $0.ask, $0.bidSize, $0.askSize] } == [[4, 4.000002, 431, 9]])
        let books = try await binance.fetch(FetchRequest(.orderBook, ["BTCUSDT.BINANCE"])).events(OrderBook.self)
        let found = try #require(books.first)
        #expect((found.sequence, found.bids.count, found.asks.count, found.bids[1].price) == (160, 2, 1, 3.9))
    }

    @Test(arguments: [
        (400, #"{"code":-1121,"msg":"Invalid symbol."}"#, PluginError.Code.notFound),
        (429, #"{"code":-1003,"msg":"Too much request weight used"}"#, .rateLimited),
        (418, #"{"code":-1003,"msg":"Way too much request weight used"}"#, .banned), (451, "", .permission),
        (400, #"{"code":-1100,"msg":"Illegal characters"}"#, .badRequest), (502, "<html></html>", .transient),
        (200, "{}", .malformed), (200, "[[1]]", .malformed), (200, "[[17", .malformed), (200, "[]", .noData),
    ])
    func tellsWhatBinanceMeans(status: Int, text: String, code: PluginError.Code) async throws {
        let server = try ReplayServer(.any(.init(text, status: status, headers: ["Retry-After": "120"])))
        let error = await fault { try await binance(server).fetch(FetchRequest(.bar, ["BTCUSDT.BINANCE"])) }
        #expect(error?.code == code, "\(error?.message ?? "no error")")
        if code == .rateLimited || code == .banned { #expect(error?.retryAfter == .seconds(120)) }
    }

    @Test func whatBinanceCannotHaveIsNotAsked() async throws {
        let server = try ReplayServer()
        let binance = try binance(server)
        #expect(await fault { try await binance.fetch(FetchRequest(.bar, ["AAPL.US"])) }?.code == .notFound)
        let odd = try FetchRequest(.bar, ["BTCUSDT.BINANCE"], Timeframe(7, .minute))
        #expect(await fault { try await binance.fetch(odd) }?.code == .badRequest)
        #expect(try server.asked().isEmpty)
    }
}

/// Binance as recorded.
@Suite(.enabled(if: Repository.hasAnswers, "../shared/providers/fixtures is not there"))
struct BinanceRealShapeTests {
    @Test func recordedDepthAndKlines() async throws {
        func file(_ name: String) -> ReplayServer.Reply { .init(file: "\(Repository.answers)/binance/\(name)") }
        let server = try ReplayServer(
            .init("/api/v3/depth", file("depth_snapshot_recorded.json")), .init("/api/v3/klines", file("klines.json")))
        let binance = try instance(Binance.self, ["base_url": .text(server.url)])
        let books = try await binance.fetch(FetchRequest(.orderBook, ["BTCUSDT.BINANCE"])).events(OrderBook.self)
        #expect(books.first?.sequence == 50_093_239_218)
        #expect(books.first?.bids[0] == OrderBook.Level(price: 61_837.63, size: 3.78826))
        let request = try FetchRequest(.bar, ["BTCUSDT.BINANCE"], Timeframe(1, .minute))
        let bars = try await binance.fetch(request).events(Bar.self)
        #expect(bars.map(\.time) == [1_723_161_300_000_000_000])
        withExtendedLifetime(server) {}
    }
}
