import HostCore
import NIOCore
import PluginKit
import TestSupport
import Testing

@testable import HostGateway

@Suite struct QuoteTests {
    @Test func answersTheLastBarOfEachSymbolAsQuote() async throws {
        try await withGateway { server in
            let answer = try await server.get("/api/v2/stocks/quotes?symbols=AAPL,sh600519")
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "application/json")
            #expect(answer.headers["content-length"] == "\(answer.body.utf8.count)")
            let json = try answer.json
            #expect(json["count"] == 2)
            let first = json["quotes"]?[0]
            #expect(first?["symbol"] == "AAPL")
            #expect(first?["instrument"] == "AAPL.US")
            #expect(first?["close"] == 443.66)
            #expect(first?["previous_close"] == 442.66)
            #expect(first?["change"] == 1)
            #expect(first?["change_percent"] == 0.2259)
            #expect(first?["volume"] == 11_082_500)
            #expect(first?["time"] == "2013-03-28T20:00:00Z")
            #expect(first?["source"] == "history")
            #expect(first?["flags"] == [])
            #expect(json["quotes"]?[1]?["instrument"] == "600519.SH")
            #expect(json["quotes"]?[1]?["previous_close"] == nil as JSONValue)
            #expect(json["unknown"] == [])
        }
    }

    @Test func newestTradesQuotesAndBooksAreShownBesideBars() async throws {
        let host = TestHost.filled()
        let id = try #require(host.instruments.id(of: try Instrument(parsing: "AAPL")))
        func show(_ events: EventBatch, _ pipeline: String) {
            host.latest.update(events: events, pipeline: pipeline, source: "ticks", timeframe: Timeframe(1, .day))
        }
        let trades = [1.0, 2.0].map { Trade(time: Int64($0), price: $0, size: 3, side: .buy, instrument: id) }
        show(.trades(trades), "tape")
        show(.quotes([Quote(time: 5, bid: 1, ask: .nan, bidSize: 2, askSize: 0, instrument: id)]), "touch")
        try await withGateway(host) { server in
            let quotes = try await server.get("/api/v2/stocks/quotes?symbols=AAPL").json["quotes"]
            #expect(quotes?[0]?["close"] == 443.66 && quotes?[0]?["kind"] == nil)
            #expect(quotes?[1]?["kind"] == "trade" && quotes?[1]?["price"] == 2 && quotes?[1]?["side"] == "buy")
            #expect(quotes?[1]?["pipeline"] == "tape" && quotes?[1]?["timeframe"] == nil)
            #expect(quotes?[2]?["kind"] == "quote" && quotes?[2]?["bid"] == 1 && quotes?[2]?["bid_size"] == 2)
        }
    }

    @Test(arguments: ["600519", "sh600519", "600519.SS", "SH.600519", "600519.sh", "600519%2ESH", "%36%30%30519"])
    func resolvesEverySpelling(symbol: String) async throws {
        try await withGateway { server in
            let json = try await server.get("/api/v2/stocks/quotes?symbols=\(symbol)").json
            #expect(json["quotes"]?[0]?["instrument"] == "600519.SH")
        }
    }

    @Test(arguments: ["BRK.B.US", "00700.HK", "BTC/USDT.BINANCE"])
    func symbolOfAnAnswerIsUnderstood(name: String) async throws {
        let host = TestHost.filled()
        host.add(name, time: TestHost.lastClose, close: 10)
        try await withGateway(host) { server in
            let first = try await server.get("/api/v2/stocks/quotes?symbols=\(name)").json["quotes"]?[0]
            let symbol = try #require(first?["symbol"]?.text)
            let again = try await server.get("/api/v2/stocks/quotes?symbols=\(symbol)").json["quotes"]?[0]
            #expect(again?["instrument"]?.text == name)
        }
    }

    @Test func listsUnknownSymbolsBesideKnownOnes() async throws {
        try await withGateway { server in
            let answer = try await server.get("/api/v2/stocks/quotes?symbols=AAPL,NOSUCH,%22%5C%0A,IBM")
            #expect(answer.status == 200)
            #expect(try answer.json["unknown"] == ["NOSUCH", "\"\\\n"])
            #expect(try answer.json["no_data"] == ["IBM.US"])
        }
    }

    @Test func answersOneInstrumentOnceHoweverItIsSpelt() async throws {
        try await withGateway { server in
            let json = try await server.get("/api/v2/stocks/quotes?symbols=600519,sh600519,600519.SH").json
            #expect(json["count"] == 1)
        }
    }

    @Test func refusesWhenNoSymbolIsKnown() async throws {
        try await withGateway { server in
            let answer = try await server.get("/api/v2/stocks/quotes?symbols=NOSUCH")
            #expect(answer.status == 404)
            #expect(try answer.json["error"]?["code"] == "unknown_symbol")
            #expect(try answer.json["error"]?["message"]?.text?.contains("'NOSUCH'") == true)
            #expect(try answer.json["error"]?["request_id"]?.text?.isEmpty == false)
            let empty = try await server.get("/api/v2/stocks/quotes?symbols=IBM").json
            #expect(empty["error"]?["code"] == "no_data")
        }
    }

    @Test(arguments: [
        ("", "missing_parameter"), ("?", "missing_parameter"), ("?symbols=", "missing_parameter"),
        ("?symbols=,,%20", "bad_parameter"), ("?symbol=AAPL", "unknown_parameter"),
    ])
    func refusesWithoutSymbols(query: String, code: String) async throws {
        try await withGateway { server in
            let answer = try await server.get("/api/v2/stocks/quotes\(query)")
            #expect(answer.status == 400)
            #expect(try answer.json["error"]?["code"] == .text(code))
        }
    }

    @Test func refusesMoreThanFiveHundredSymbols() async throws {
        try await withGateway { server in
            let symbols = (0..<501).map { "A\($0)" }.joined(separator: ",")
            let answer = try await server.get("/api/v2/stocks/quotes?symbols=\(symbols)")
            #expect(answer.status == 400)
            #expect(try answer.json["error"]?["code"] == "bad_parameter")
            #expect(try answer.json["error"]?["message"]?.text?.contains("1...500") == true)
        }
    }

    @Test func showsANewBarAtOnce() async throws {
        let host = TestHost.filled()
        try await withGateway(host) { server in
            try await server.connect { client in
                let target = "/api/v2/stocks/quotes?symbols=AAPL"
                for _ in 0..<2 {
                    let quote = try await client.request(target).json["quotes"]?[0]
                    #expect(quote?["close"] == 443.66)
                }
                host.add("AAPL", time: TestHost.lastClose + TestHost.day, close: 450.5, flags: [.stale])
                let quote = try await client.request(target).json["quotes"]?[0]
                #expect(quote?["close"] == 450.5)
                #expect(quote?["previous_close"] == 443.66)
                #expect(quote?["flags"] == ["stale"])
            }
        }
    }

    @Test func numbersThatAreNotFiniteBecomeNull() throws {
        let host = TestHost()
        host.add("AAPL", time: TestHost.lastClose, close: .nan)
        let reply = try QuoteAnswers(host.view).reply(QueryParameters("symbols=AAPL"))
        let json = try JSONValue(parsing: String(buffer: reply.body))
        #expect(json["quotes"]?[0]?["close"] == nil as JSONValue)
    }

    @Test(arguments: [
        ("", ["main", "minutes"]), ("&pipeline=minutes", ["minutes"]), ("&timeframe=1d", ["main"]),
        ("&timeframe=5m&pipeline=minutes", ["minutes"]),
    ]) func answersARowForEachPipelineAskedFor(filter: String, pipelines: [String]) async throws {
        try await withGateway(.withTwoPipelines()) { server in
            let quotes = try await server.get("/api/v2/stocks/quotes?symbols=AAPL\(filter)").json["quotes"]
            #expect((0..<(quotes?.count ?? 0)).map { quotes?[$0]?["pipeline"]?.text } == pipelines)
            let predictions = try await server.get("/api/v2/ai/predictions?symbols=AAPL\(filter)").json["predictions"]
            #expect((0..<(predictions?.count ?? 0)).map { predictions?[$0]?["pipeline"]?.text } == pipelines)
        }
    }

    @Test func refusesAPipelineThatHasNoBarAndATimeframeThatIsNone() async throws {
        try await withGateway { server in
            let absent = try await server.get("/api/v2/stocks/quotes?symbols=AAPL&pipeline=weeks")
            #expect(absent.status == 404)
            let none = try await server.get("/api/v2/stocks/quotes?symbols=AAPL&timeframe=soon")
            #expect(none.status == 400)
        }
    }
}
