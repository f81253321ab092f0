import BinanceProvider
import PluginKit
import TestSupport
import Testing

/// Binance's streams as they are sent, from a server of this machine that breaks them off.
struct BinanceStreamTests {
    private typealias Step = ReplayServer.Step

    private func binance(
        _ server: ReplayServer, _ options: [String: ConfigurationValue] = [:]
    ) throws -> Binance {
        try instance(
            Binance.self,
            options.merging([
                "base_url": .text(server.url), "stream_url": .text(server.socketURL),
                "reconnect_for": .duration(.seconds(600)),
            ]) { old, _ in old })
    }

    private static func trade(_ id: Int) -> String {
        #"{"a":\#(id),"p":"\#(id).5","q":"1","f":1,"l":1,"T":\#(1_704_067_200_000 + id),"m":false,"M":true}"#
    }

    private static func pushed(_ id: Int) -> Step {
        .send(
            #"{"stream":"btcusdt@aggTrade","data":{"e":"aggTrade","E":1,"s":"BTCUSDT",\#(trade(id).dropFirst())}"#)
    }

    private static func asked(_ ids: ClosedRange<Int>) -> ReplayServer.Route {
        ReplayServer.Route(
            "/api/v3/aggTrades", query: ["fromId": "\(ids.lowerBound)", "limit": "\(ids.count)"],
            .init("[\(ids.map(trade).joined(separator: ","))]"))
    }

    private static func socket(_ replies: [[Step]]) -> ReplayServer.Route {
        var route = ReplayServer.Route("/stream")
        route.replies = replies.map { steps in
            ReplayServer.Reply().with {
                $0.socket = [.expect("SUBSCRIBE"), .send(#"{"result":null,"id":1}"#)] + steps
            }
        }
        return route
    }

    @Test func noTradeIsLostOrDoubledOverABreak() async throws {
        let server = try ReplayServer(
            Self.socket([
                [Self.pushed(10), Self.pushed(11), Self.pushed(11), Self.pushed(14), .reset],
                [Self.pushed(13), Self.pushed(18), .half("half")], [Self.pushed(19)],
            ]), Self.asked(12...13), Self.asked(15...17))
        let pushes = Pushes(until: 10)
        let error = try await pushes.run(try binance(server), .trade, ["BTCUSDT.BINANCE"])
        #expect(error?.code == .cancelled)
        #expect(pushes.events(Trade.self).map(\.price) == (10...19).map { Double($0) + 0.5 })
        #expect(pushes.defects.isEmpty)
        #expect(pushes.position == StreamPosition("trade BTCUSDT=19"))
        let said = try server.asked().filter { $0.method == "SOCKET" }.map(\.body)
        #expect(said == Array(repeating: #"{"method":"SUBSCRIBE","params":["btcusdt@aggTrade"],"id":1}"#, count: 3))
    }

    @Test func aStreamGoesOnWhereItWasAcknowledged() async throws {
        let server = try ReplayServer(Self.socket([[Self.pushed(23)]]), Self.asked(21...22))
        let pushes = Pushes(until: 3)
        _ = try await pushes.run(try binance(server), .trade, ["BTCUSDT.BINANCE"], after: "trade BTCUSDT=20")
        #expect(pushes.events(Trade.self).map(\.price) == [21.5, 22.5, 23.5])
        let wrong = try await Pushes().run(try binance(server), .trade, ["BTCUSDT.BINANCE"], after: "bar BTCUSDT=20")
        #expect(wrong?.code == .badRequest)
    }

    @Test func aHoleThatCannotBeAskedForEndsTheStreamBeforeIt() async throws {
        let limited = ReplayServer.Route(
            "/api/v3/aggTrades", .init("{}", status: 429, headers: ["Retry-After": "9"]))
        let server = try ReplayServer(Self.socket([[Self.pushed(10), .hold, Self.pushed(12)]]), limited)
        let pushes = Pushes { _ in
            try? server.release()
            return false
        }
        let error = try await pushes.run(try binance(server), .trade, ["BTCUSDT.BINANCE"])
        #expect(error?.code == .rateLimited && error?.retryAfter == .seconds(9))
        #expect(pushes.position == StreamPosition("trade BTCUSDT=10"))
    }

    private static func depth(_ first: Int, _ last: Int, _ bids: String, symbol: String = "BTCUSDT") -> Step {
        .send(
            #"{"stream":"s","data":{"e":"depthUpdate","E":\#(1_704_067_200_000 + last),"s":"\#(symbol)","U":\#(first),"u":\#(last),"b":[\#(bids)],"a":[]}}"#
        )
    }

    @Test func aBookBeginsAnewWhereChangesAreMissing() async throws {
        var snapshots = ReplayServer.Route("/api/v3/depth")
        snapshots.replies = [90, 100, 105, 200].map {
            .init(#"{"lastUpdateId":\#($0),"bids":[["5","\#($0)"],["4","1"]],"asks":[["6","1"]]}"#)
        }
        let server = try ReplayServer(
            Self.socket([
                [
                    // The first snapshot (90) is too old, the second (100) fits.
                    Self.depth(98, 101, #"["5.5","1"]"#), Self.depth(102, 102, #"["5.5","0"]"#),
                    // 103 is missing: the third snapshot (105) has it.
                    Self.depth(104, 106, #"["5.25","7"]"#), .close(1001),
                ], [Self.depth(199, 201, #"["4.5","2"]"#)],
            ]), snapshots)
        let pushes = Pushes(until: 4)
        _ = try await pushes.run(try binance(server, ["depth": .integer(1)]), .orderBook, ["BTC-USDT.CRYPTO"])
        let books = pushes.events(OrderBook.self)
        #expect(books.map(\.sequence) == [101, 102, 106, 201])
        #expect(books.map { $0.bids[0].price } == [5.5, 5, 5.25, 5])
        #expect(books.map { $0.bids[0].size } == [1, 100, 7, 200])
        #expect(books.allSatisfy { $0.bids.count == 1 && $0.asks[0].price == 6 })
        #expect(books.last?.time == 1_704_067_200_201_000_000)
        #expect(pushes.defects.map(\.reason) == ["gap", "gap"])
        #expect(pushes.defects.map(\.instrument) == [InstrumentID(rawValue: 0), nil])
    }

    private static let start = 1_704_067_200_000

    private static func klines(_ minutes: Range<Int>) -> ReplayServer.Reply {
        let rows = minutes.map { minute in
            #"[\#(start + minute * 60_000),"1","2","0.5","\#(minute).25","3",\#(start + minute * 60_000 + 59_999),"4",7,"1","2","0"]"#
        }
        return .init("[\(rows.joined(separator: ","))]")
    }

    private static func kline(_ minute: Int, isClosed: Bool) -> Step {
        .send(
            #"{"stream":"s","data":{"e":"kline","E":1,"s":"BTCUSDT","k":{"t":\#(start + minute * 60_000),"T":\#(start + minute * 60_000 + 59_999),"s":"BTCUSDT","i":"1m","o":"1","c":"\#(minute).25","h":"2","l":"0.5","v":"3","x":\#(isClosed),"q":"4"}}}"#
        )
    }

    private static let impossible = Step.send(
        #"{"e":"kline","E":1,"s":"BTCUSDT","k":{"t":9223372036854775807,"T":1,"o":"1","c":"1","h":"1","l":"1","v":"1","x":false,"q":"1"}}"#
    )

    @Test func barsAreThoseThereWereThenThoseThatEnd() async throws {
        let server = try ReplayServer(
            Self.socket([
                [Self.kline(3, isClosed: false), Self.kline(3, isClosed: true), .reset],
                [
                    Self.impossible, Self.kline(3, isClosed: true), Self.kline(4, isClosed: true),
                    Self.kline(6, isClosed: false),
                ],
            ]), .init("/api/v3/klines", query: ["startTime": "1499990400000"], Self.klines(0..<3)),
            .init("/api/v3/klines", query: ["startTime": "\(Self.start + 4 * 60_000)"], Self.klines(4..<7)))
        let pushes = Pushes(until: 6)
        _ = try await pushes.run(try binance(server), .bar, ["BTCUSDT.BINANCE"])
        let bars = pushes.events(Bar.self)
        #expect(bars.map(\.close) == [0.25, 1.25, 2.25, 3.25, 4.25, 5.25])
        #expect(bars.map(\.time) == (1...6).map { Int64(Self.start + $0 * 60_000) * 1_000_000 })
        #expect(pushes.position == StreamPosition("bar BTCUSDT=\(Self.start + 6 * 60_000)"))
        #expect(pushes.defects.map(\.reason) == ["impossible_time"])
        // What can be asked for is all where nobody waits.
        let once = Pushes()
        try server.take([.init("/api/v3/klines", Self.klines(0..<3))])
        #expect(try await once.run(try binance(server), .bar, ["BTCUSDT.BINANCE"], waits: false) == nil)
        #expect(once.events(Bar.self).count == 3)
    }

    private static func quote(_ update: Int) -> Step {
        .send(
            #"{"stream":"s","data":{"u":\#(update),"s":"BTCUSDT","b":"\#(update)","B":"1","a":"\#(update + 1)","A":"0.5"}}"#
        )
    }

    @Test func whatCannotBeReadIsADefectAndABreakOfQuotesIsToldAsAHole() async throws {
        let server = try ReplayServer(
            Self.socket([
                [
                    Self.quote(5), .send("<html>"), .send(#"{"stream":"s","data":{"u":6,"s":"BTCUSDT","b":"x"}}"#),
                    Self.quote(7), .garbage,
                ], [Self.quote(6), Self.quote(9)],
            ]))
        let pushes = Pushes(until: 3)
        _ = try await pushes.run(try binance(server), .quote, ["BTCUSDT.BINANCE"])
        #expect(
            pushes.events(Quote.self).map { [$0.bid, $0.ask, $0.askSize] } == [
                [5, 6, 0.5], [7, 8, 0.5], [9, 10, 0.5],
            ])
        #expect(pushes.defects.map(\.reason) == ["unreadable_message", "unreadable_message", "gap"])
    }

    @Test func aRefusedSubscriptionIsTold() async throws {
        let refusal = #"{"error":{"code":2,"msg":"Invalid request: unknown variant"},"id":1}"#
        let server = try ReplayServer(Self.socket([[.send(refusal)]]))
        let error = try await Pushes().run(try binance(server), .trade, ["BTCUSDT.BINANCE"])
        #expect(error?.code == .badRequest && error?.message.contains("unknown variant") == true)
        let elsewhere = try await Pushes().run(try binance(server), .trade, ["AAPL.US"])
        #expect(elsewhere?.code == .notFound)
        let banned = try ReplayServer(.any(.init("", status: 418, headers: ["Retry-After": "60"])))
        let ban = try await Pushes().run(try binance(banned), .quote, ["BTCUSDT.BINANCE"])
        #expect(ban?.code == .banned && ban?.retryAfter == .seconds(60))
    }

    @Test func manyInstrumentsAreSubscribedInParts() async throws {
        let names = (0..<250).map { "C\($0)USDT.BINANCE" }
        let server = try ReplayServer(
            Self.socket([[.expect("c249usdt"), .send(Self.lastQuote)]]))
        let pushes = Pushes(until: 1)
        _ = try await pushes.run(try binance(server), .quote, names)
        #expect(pushes.events(Quote.self).first?.instrument == InstrumentID(rawValue: 249))
    }

    private static let lastQuote = #"{"stream":"s","data":{"u":1,"s":"C249USDT","b":"1","B":"1","a":"2","A":"1"}}"#
}
