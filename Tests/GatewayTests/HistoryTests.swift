import HostCore
import PluginKit
import TestSupport
import Testing

@testable import HostGateway

@Suite struct HistoryTests {
    /// Daily bars from 2012-03-28 to 2013-03-28, 20:00 UTC.
    private static func host() -> TestHost {
        let host = TestHost()
        for day in 0...365 {
            host.add("AAPL", time: TestHost.lastClose - Int64(365 - day) * TestHost.day, close: 400 + Double(day))
        }
        return host
    }

    @Test(arguments: [
        ("5d", 5), ("1mo", 28), ("3mo", 90), ("6mo", 181), ("1y", 365), ("2y", 366), ("ytd", 87), ("max", 366),
    ])
    func countsPeriodsBackFromTheLastEvent(period: String, count: Int) async throws {
        try await withGateway(Self.host()) { server in
            let json = try await server.get("/api/v2/stocks/AAPL/historical?period=\(period)").json
            #expect(json["count"] == JSONValue.number(Double(count)))
            #expect(json["bars"]?.count == count)
            #expect(json["bars"]?[count - 1]?["time"] == "2013-03-28T20:00:00Z")
            #expect(json["period"] == JSONValue.text(period))
        }
    }

    /// As quotes do: a code that one instrument has is meant, also where it is no symbol by itself.
    @Test(arguments: [("00700", "00700.HK"), ("BTC%2FUSDT", "BTC/USDT.BINANCE"), ("brk.b", "BRK.B.US")])
    func findsTheInstrumentThatItsOwnAnswersName(symbol: String, instrument: String) async throws {
        let host = TestHost()
        for name in ["00700.HK", "BTC/USDT.BINANCE", "BRK.B.US"] { host.add(name, time: TestHost.lastClose, close: 10) }
        try await withGateway(host) { server in
            let json = try await server.get("/api/v2/stocks/\(symbol)/historical").json
            #expect(json["instrument"] == .text(instrument))
        }
    }

    @Test func answersBarsInOrderWithTheirSource() async throws {
        try await withGateway(Self.host()) { server in
            let json = try await server.get("/api/v2/stocks/aapl.us/historical?limit=2&period=max").json
            #expect(json["instrument"] == "AAPL.US")
            #expect(json["timeframe"] == "1d")
            #expect(json["bars"]?[0]?["time"] == "2013-03-27T20:00:00Z")
            let bar = json["bars"]?[1]
            #expect(bar?["open"] == 764)
            #expect(bar?["high"] == 767)
            #expect(bar?["low"] == 762.5)
            #expect(bar?["close"] == 765)
            #expect(bar?["source"] == "history")
            #expect(bar?["amount"] == nil)
        }
    }

    @Test(arguments: [
        "period=7d", "period=1Y", "period=", "timeframe=day", "timeframe=0d", "limit=0", "limit=-1", "limit=1e3",
        "limit=100001", "from=yesterday", "to=2013-02-30", "from=2013-03-02&to=2013-03-01", "from=2013-03-01&period=1y",
    ])
    func refusesWhatIsNotAllowedAndSaysWhatIs(query: String) async throws {
        try await withGateway(Self.host()) { server in
            let answer = try await server.get("/api/v2/stocks/AAPL/historical?\(query)")
            #expect(answer.status == 400)
            #expect(try answer.json["error"]?["code"] == "bad_parameter")
            #expect(try answer.json["error"]?["message"]?.text?.contains("; allowed ") == true)
        }
    }

    @Test func answersTheBarsBetweenTwoTimesBothIncluded() async throws {
        try await withGateway(Self.host()) { server in
            let path = "/api/v2/stocks/AAPL/historical"
            let days = try await server.get("\(path)?from=2013-03-01&to=2013-03-04").json
            #expect(days["count"] == 4)
            #expect(days["bars"]?[0]?["time"] == "2013-03-01T20:00:00Z")
            #expect(days["bars"]?[3]?["time"] == "2013-03-04T20:00:00Z")
            #expect(days["next_to"] == nil && days["period"] == nil)
            let instants = try await server.get("\(path)?from=2013-03-01T20:00:00Z&to=2013-03-04T19:59:59.9Z").json
            #expect(instants["count"] == 3)
            let found1 = try await server.get("\(path)?from=2013-03-27").json["count"]
            #expect(found1 == 2)
            let found2 = try await server.get("\(path)?to=2012-03-28").json["count"]
            #expect(found2 == 1)
            let none = try await server.get("\(path)?from=2014-01-01")
            #expect(none.status == 404)
            #expect(try none.json["error"]?["code"] == "no_data")
        }
    }

    @Test func pagesLeadThroughAllBarsWithoutGapOrOverlap() async throws {
        try await withGateway(Self.host()) { server in
            var times: [String] = []
            var to = "2013-03-28"
            while times.count < 366 {
                let page = try await server.get("/api/v2/stocks/AAPL/historical?limit=50&to=\(to)").json
                let count = try #require(page["bars"]?.count)
                times = (0..<count).compactMap { page["bars"]?[$0]?["time"]?.text } + times
                guard let next = page["next_to"]?.text else { break }
                to = next
            }
            #expect(times.count == 366 && Set(times).count == 366 && times == times.sorted())
        }
    }

    @Test(arguments: [("NOSUCH", "unknown_symbol"), ("%20", "unknown_symbol"), ("AAPL.US.", "unknown_symbol")])
    func refusesASymbolNobodyHas(symbol: String, code: String) async throws {
        try await withGateway(Self.host()) { server in
            let answer = try await server.get("/api/v2/stocks/\(symbol)/historical")
            #expect(answer.status == 404)
            #expect(try answer.json["error"]?["code"] == JSONValue.text(code))
        }
    }

    @Test func refusesATimeframeWithoutBars() async throws {
        try await withGateway(Self.host()) { server in
            let answer = try await server.get("/api/v2/stocks/AAPL/historical?timeframe=5m")
            #expect(answer.status == 404)
            #expect(try answer.json["error"]?["code"] == "no_data")
        }
    }

    @Test func servesWhatOnlyTheStoreHas() async throws {
        let host = TestHost()
        let stored = TestHost()
        stored.add("IBM", time: TestHost.lastClose, close: 213.3)
        let instrument = try Instrument(parsing: "IBM")
        let bar = try #require(stored.latest.entries(InstrumentID(rawValue: 0)).first?.event.bar)
        host.bars.add(bar, of: instrument)
        try await withGateway(host) { server in
            let json = try await server.get("/api/v2/stocks/IBM/historical").json
            #expect(json["bars"]?[0]?["close"] == 213.3)
        }
    }

    @Test func aFaultOfTheStoreIsSaidOnce() async throws {
        let host = Self.host()
        host.bars.fail(PluginError(.corrupted, "storage: 'penstock.db' is damaged at page 3. Move it away."))
        try await withGateway(host) { server in
            let answer = try await server.get("/api/v2/stocks/AAPL/historical")
            #expect(answer.status == 503)
            #expect(try answer.json["error"]?["code"] == "store_unavailable")
            #expect(try answer.json["error"]?["message"]?.text?.contains("penstock.db") == true)
        }
    }
}
