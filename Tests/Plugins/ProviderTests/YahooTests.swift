import PluginKit
import TestSupport
import Testing
import YahooProvider

/// Yahoo as its charts, quotes and errors are, from a server of this machine.
struct YahooTests {
    private func yahoo(_ server: ReplayServer, _ options: [String: ConfigurationValue] = [:]) throws -> Yahoo {
        var values: [String: ConfigurationValue] = [:]
        for name in ["base_url", "crumb_url", "cookie_url"] { values[name] = .text(server.url) }
        return try instance(Yahoo.self, values.merging(options) { _, new in new })
    }

    private static let second: Int64 = 1_000_000_000

    /// A chart with rows of start, open, high, low, close and volume, prices as JSON.
    private func chart(
        _ rows: [(start: Int64, prices: String, volume: Int)], events: String = "{}",
        meta: String = #""currency":"USD","exchangeTimezoneName":"America/New_York","gmtoffset":-18000"#
    ) -> ReplayServer.Reply {
        func column(_ index: Int) -> String {
            rows.map { String($0.prices.split(separator: " ")[index]) }.joined(separator: ",")
        }
        let stamps = rows.map { "\($0.start)" }.joined(separator: ",")
        let volumes = rows.map { "\($0.volume)" }.joined(separator: ",")
        return .init(
            """
            {"chart":{"result":[{"meta":{\(meta)},"timestamp":[\(stamps)],"events":\(events),"indicators":{"quote":[{"open":[\(column(0))],
            "high":[\(column(1))],"low":[\(column(2))],"close":[\(column(3))],"volume":[\(volumes)]}]}}],"error":null}}
            """)
    }

    private func bars(
        _ yahoo: Yahoo, _ name: String = "AAPL.US", _ timeframe: Timeframe = Timeframe(1, .day)
    ) async throws -> [Bar] {
        try await yahoo.fetch(FetchRequest(.bar, [name], timeframe)).events(Bar.self)
    }

    @Test func aDayEndsWithItsSession() async throws {
        // 2013-07-03 09:30 in New York; the day before a holiday, which ends at 13:00.
        let server = try ReplayServer(.any(chart([(1_372_858_200, "1 2 0.5 1.5", 10)])))
        let bar = try #require(try await bars(yahoo(server)).first)
        #expect(bar.time == 1_372_870_800 * Self.second)
        #expect((bar.open, bar.high, bar.low, bar.close, bar.volume) == (1, 2, 0.5, 1.5, 10))
        let asked = try #require(try server.asked().first)
        #expect(asked.path == "/v8/finance/chart/AAPL")
        #expect(asked.query("interval") == "1d" && asked.query("crumb") == nil)
        #expect(asked.header("User-Agent")?.hasPrefix("Mozilla/5.0") == true)
    }

    @Test func rowsOfNullsAreNoBarsAndHalfARowIsADefect() async throws {
        let rows: [(Int64, String, Int)] = [
            (1_372_771_800, "null null null null", 0), (1_372_858_200, "1 2 null 1.5", 10),
            (1_373_031_000, "245.17999267578125 245.5 245 245.17999267578125", 10),
        ]
        let server = try ReplayServer(.any(chart(rows)))
        let reply = try await yahoo(server).fetch(FetchRequest(.bar, ["AAPL.US"]))
        #expect(try reply.events(Bar.self).map(\.close) == [245.18])
        #expect(reply.defects.map(\.reason) == ["missing_number"])
    }

    @Test func theLastPriceOfADayReplacesItsBar() async throws {
        let rows: [(Int64, String, Int)] = [(1_372_858_200, "1 2 1 1.5", 10), (1_372_866_513, "1 3 1 2.5", 12)]
        let server = try ReplayServer(.any(chart(rows)))
        let found = try await bars(yahoo(server))
        #expect(found.map(\.close) == [2.5])
    }

    @Test func theLastPriceOfAMonthJoinsItsBar() async throws {
        // 2013-07-01 and 2013-07-10.
        let rows: [(Int64, String, Int)] = [(1_372_651_200, "1 2 1 1.5", 10), (1_373_461_200, "2 5 1.5 4", 3)]
        let server = try ReplayServer(.any(chart(rows)))
        let found = try await bars(yahoo(server), "AAPL.US", Timeframe(1, .month))
        #expect(found.map { [$0.open, $0.high, $0.low, $0.close, $0.volume] } == [[1, 5, 1, 4, 13]])
        // 2013-07-31 16:00 in New York.
        #expect(found.first?.time == 1_375_300_800 * Self.second)
    }

    @Test func rawPricesHaveNoSplitInThemAndFactorsHave() async throws {
        // 2013-07-02 ... 05, a split of two for one on the 3rd, a dividend before it and one after.
        let rows: [(Int64, String, Int)] = [
            (1_372_771_800, "10.5 10.5 10.5 10.5", 200), (1_372_858_200, "11 11 11 11", 100),
            (1_373_031_000, "12 12 12 12", 100),
        ]
        let events = """
            {"splits":{"1372858200":{"date":1372858200,"numerator":2,"denominator":1,"splitRatio":"2:1"}},
            "dividends":{"1372771800":{"amount":0.25,"date":1372771800},"1373031000":{"amount":0.5,"date":1373031000}}}
            """
        let server = try ReplayServer(.any(chart(rows, events: events)))
        let raw = try await bars(yahoo(server))
        #expect(raw.map(\.close) == [21, 11, 12])
        #expect(raw.map(\.volume) == [100, 100, 100])
        let kept = try await bars(yahoo(server, ["prices": .text("split_adjusted")]))
        #expect(kept.map(\.close) == [10.5, 11, 12])
        #expect(kept.map { $0.flags.contains(.adjusted) } == [true, false, false])
        let factors = try await yahoo(server).fetch(FetchRequest(.factor, ["AAPL.US"])).events(Factor.self)
        #expect(factors.map { [$0.ratio, $0.cash] } == [[1, 0.5], [2, 0], [1, 0.5]])
        #expect(factors.map(\.time) == [1_372_771_800, 1_372_858_200, 1_373_031_000].map { $0 * Self.second })
    }

    @Test func splitsAfterTheRangeAreAskedFor() async throws {
        let events = #"{"splits":{"1598880600":{"date":1598880600,"numerator":4,"denominator":1}}}"#
        let server = try ReplayServer(
            .any(query: ["interval": "3mo"], chart([(1_590_000_000, "9 9 9 9", 1)], events: events)),
            .any(chart([(1_372_858_200, "1 1 1 1", 400)])))
        let range = 1_372_800_000 * Self.second...1_372_900_000 * Self.second
        let reply = try await yahoo(server).fetch(FetchRequest(.bar, ["AAPL.US"], range: range))
        #expect(try reply.events(Bar.self).map { [$0.close, $0.volume] } == [[4, 100]])
    }

    @Test func halfHoursAreMadeOfQuarters() async throws {
        // 09:30, 09:45, 10:00, 10:15 and, alone, 15:45 in New York; one before the session, one last price.
        let starts: [Int64] = [-900, 0, 900, 1_800, 2_700, 2_733, 22_500]
        let open: Int64 = 1_372_771_800
        let rows = starts.enumerated().map { (open + $0.element, "\($0.offset) 9 0.5 \($0.offset)", 1) }
        let server = try ReplayServer(.any(chart(rows)))
        let interval = try await bars(yahoo(server), "AAPL.US", Timeframe(30, .minute))
        #expect(interval.map { ($0.time / Self.second - open) / 60 } == [30, 60, 390])
        #expect(interval.map { [$0.open, $0.close, $0.volume] } == [[1, 2, 2], [3, 4, 2], [6, 6, 1]])
        #expect(try server.asked().allSatisfy { $0.query("interval") == "15m" })
    }

    @Test func theLastHourIsHalfAnHour() async throws {
        // 15:30 in New York.
        let server = try ReplayServer(.any(chart([(1_372_793_400, "1 1 1 1", 1)])))
        let found = try await bars(yahoo(server), "AAPL.US", Timeframe(1, .hour))
        #expect(found.map(\.time) == [1_372_795_200 * Self.second])
    }

    @Test func penceBecomePounds() async throws {
        let meta =
            #""currency":"GBp","exchangeTimezoneName":"Europe/London","gmtoffset":3600,"currentTradingPeriod":{"regular":{"end":1372865400}}"#
        let server = try ReplayServer(.any(chart([(1_372_834_800, "123.4 124 123 123.45", 7)], meta: meta)))
        let bar = try #require(try await bars(yahoo(server), "VOD.UK").first)
        #expect((bar.close, bar.volume) == (1.2345, 7))
        // 2013-07-03 16:30 in London.
        #expect(bar.time == 1_372_865_400 * Self.second)
        #expect(try server.asked().first?.path == "/v8/finance/chart/VOD.L")
    }

    @Test(arguments: [
        ("600519.SH", "600519.SS"), ("000001.SZ", "000001.SZ"), ("00700.HK", "0700.HK"), ("BRK.B", "BRK-B"),
        ("BTC-USD.CRYPTO", "BTC-USD"), ("SPX.US", "^GSPC"),
    ])
    func spellsSymbolsAsYahooDoes(name: String, symbol: String) async throws {
        let server = try ReplayServer(.any(chart([(1_372_834_800, "1 1 1 1", 7)])))
        _ = try await bars(yahoo(server, ["symbols": .map(["SPX.US": .text("^GSPC")])]), name)
        #expect(try server.asked().first?.path == "/v8/finance/chart/\(symbol)")
    }

    @Test func aVenueWithoutANameIsToldWithoutAsking() async throws {
        let server = try ReplayServer()
        #expect(await fault { try await bars(yahoo(server), "830799.BJ") }?.code == .notFound)
        #expect(await fault { try await bars(yahoo(server), "AAPL.US", Timeframe(7, .minute)) }?.code == .badRequest)
        #expect(try server.asked().isEmpty)
    }

    @Test(arguments: [
        (
            404,
            #"{"chart":{"result":null,"error":{"code":"Not Found","description":"No data found, symbol may be delisted"}}}"#,
            PluginError.Code.notFound
        ),
        (
            422,
            #"{"chart":{"result":null,"error":{"code":"x","description":"1m data not available for startTime=1"}}}"#,
            .noData
        ),
        (200, #"{"chart":{"result":null,"error":{"code":"Not Found","description":"gone"}}}"#, .notFound),
        (200, #"{"chart":{"result":[{"meta":{},"indicators":{"quote":[{}]}}],"error":null}}"#, .noData),
        (429, "Edge: Too Many Requests", .rateLimited), (200, "Too Many Requests\r\n", .rateLimited),
        (999, "", .rateLimited),
        (200, "<html>Will be right back</html>", .transient), (503, "", .transient), (403, "", .permission),
        (200, #"{"chart":{"result":[{"meta":{},"timest"#, .malformed), (200, "{}", .malformed),
        (200, #"{"chart":{"result":[{"timestamp":[1,2],"indicators":{"quote":[{"open":[1]}]}}]}}"#, .malformed),
    ])
    func tellsWhatYahooMeans(status: Int, text: String, code: PluginError.Code) async throws {
        let server = try ReplayServer(.any(.init(text, status: status)))
        let error = await fault { try await bars(yahoo(server)) }
        #expect(error?.code == code, "\(error?.message ?? "no error")")
        if code == .rateLimited { #expect(error?.retryAfter == .seconds(60)) }
    }

    // MARK: Cookie and crumb

    private static let quote = #"""
        {"quoteResponse":{"result":[{"symbol":"AAPL","regularMarketTime":1356987600,"bid":532.1,"ask":532.4,"bidSize":3,"askSize":4},
        {"symbol":"MSFT","regularMarketTime":1356987600,"bid":0,"ask":26.7},{"symbol":"OLD","bid":1}],"error":null}}
        """#

    private func session(_ replies: ReplayServer.Reply...) -> [ReplayServer.Route] {
        var quotes = ReplayServer.Route("/v7/finance/quote", query: ["crumb": "a/b[.]1"], .init(Self.quote))
        quotes.cookies = ["A3": "d1"]
        var crumb = ReplayServer.Route("/v1/test/getcrumb", .init("a/b.1"))
        crumb.cookies = ["A3": "d1"]
        let invalid = #"{"finance":{"result":null,"error":{"code":"Unauthorized","description":"Invalid Crumb"}}}"#
        return [
            quotes, crumb, .init("/v1/test/getcrumb", .init("Too Many Requests", status: 429)),
            .init("/", .init("", status: 404, headers: ["Set-Cookie": "A3=d1; Path=/"])),
            .init("/v7/.*", .init(invalid, status: 401)),
        ]
    }

    @Test func quotesComeWithCookieAndCrumbFetchedOnce() async throws {
        let server = try ReplayServer()
        try server.take(session())
        let yahoo = try yahoo(server)
        for _ in 0..<2 {
            let reply = try await yahoo.fetch(FetchRequest(.quote, ["AAPL.US", "MSFT.US", "OLD.US"]))
            let quotes = try reply.events(Quote.self)
            #expect(quotes.map(\.ask) == [532.4, 26.7])
            #expect(quotes[0].time == 1_356_987_600 * Self.second && quotes[1].bid.isNaN)
            #expect(reply.defects.map(\.reason) == ["missing_time"])
        }
        #expect(
            try server.asked().map(\.path) == ["/", "/v1/test/getcrumb", "/v7/finance/quote", "/v7/finance/quote"])
    }

    @Test func aCrumbThatIsNoLongerTakenIsFetchedAnewOnce() async throws {
        let server = try ReplayServer()
        try server.take(session())
        let yahoo = try yahoo(server)
        _ = try await yahoo.fetch(FetchRequest(.quote, ["AAPL.US"]))
        var routes = session()
        routes[0].query = ["crumb": "fresh"]
        routes[1].replies = [.init("fresh")]
        try server.take(routes)
        _ = try await yahoo.fetch(FetchRequest(.quote, ["AAPL.US"]))
        #expect(
            try server.asked().map(\.path) == ["/v7/finance/quote", "/", "/v1/test/getcrumb", "/v7/finance/quote"])
        routes[0].query = ["crumb": "never"]
        try server.take(routes)
        #expect(await fault { try await yahoo.fetch(FetchRequest(.quote, ["AAPL.US"])) }?.code == .auth)
    }

    @Test func noCrumbIsToldAsWhatItIs() async throws {
        let server = try ReplayServer(
            .init("/v1/.*", .init("Too Many Requests", status: 429, headers: ["Retry-After": "600"])))
        let limited = await fault { try await yahoo(server).fetch(FetchRequest(.quote, ["AAPL.US"])) }
        #expect(limited?.code == .rateLimited && limited?.retryAfter == .seconds(600))
        try server.take([.init("/v1/.*", .init(""))])
        #expect(await fault { try await yahoo(server).fetch(FetchRequest(.quote, ["AAPL.US"])) }?.code == .auth)
    }

    @Test func statementsArePublicWhenTheyHadToBe() async throws {
        let history = #"""
            {"timeseries":{"result":[{"meta":{"type":["annualTotalRevenue"]},"timestamp":[1],"annualTotalRevenue":[null,
            {"asOfDate":"2023-09-30","periodType":"12M","currencyCode":"USD","reportedValue":{"raw":3.83285E11,"fmt":"383.29B"}}]},
            {"meta":{"type":["quarterlyDilutedEPS"]}},{"meta":{"type":["quarterlyNetIncome"]},"quarterlyNetIncome":[
            {"asOfDate":"2024-03-31","reportedValue":{"raw":23636000000}},{"asOfDate":"soon","reportedValue":{"raw":1}}]}],"error":null}}
            """#
        let summary = #"""
            {"quoteSummary":{"result":[{"summaryDetail":{"trailingPE":32.8,"marketCap":{}},"financialData":{"debtToEquity":140.968,
            "returnOnEquity":{"raw":1.5,"fmt":"150%"}}}],"error":null}}
            """#
        let server = try ReplayServer(
            .init("/v1/test/getcrumb", .init("c")), .init("/ws/.*", .init(history)), .init("/v10/.*", .init(summary)))
        let reply = try await yahoo(server).fetch(FetchRequest(.figure, ["AAPL.US"]))
        let figures = try reply.events(Figure.self)
        let named = Dictionary(uniqueKeysWithValues: figures.map { ("\($0.name)", $0) })
        let revenue = try #require(named["revenue_y"])
        // The end of 2023-09-30 in New York.
        #expect(revenue.periodEnd == 1_696_132_800 * Self.second && revenue.value == 383_285_000_000)
        // 90 days, and the hour by which clocks were set back between.
        #expect(revenue.time - revenue.periodEnd == (90 * 86_400 + 3_600) * Self.second && revenue.flags == .suspect)
        #expect(named["net_income_q"].map { $0.time - $0.periodEnd } == 45 * 86_400 * Self.second)
        #expect(named["net_income_q"]?.flags == .suspect && named["price_to_earnings"]?.flags == [])
        let strict = try yahoo(server, ["undated": .text("refuse")])
        let refused = try await strict.fetch(FetchRequest(.figure, ["AAPL.US"]))
        #expect(try refused.events(Figure.self).allSatisfy { $0.flags == [] })
        #expect(refused.defects.map(\.reason) == ["undated", "undated", "unreadable_figure"])
        #expect(named["price_to_earnings"]?.value == 32.8)
        #expect(named["debt_to_equity"].map { ($0.value * 1e5).rounded() } == 140_968)
        #expect(named["return_on_equity"]?.value == 1.5 && named["market_value"] == nil)
        #expect(reply.defects.map(\.reason) == ["unreadable_figure"])
    }
}

/// Yahoo as recorded.
@Suite(.enabled(if: Repository.hasAnswers, "../shared/providers/fixtures is not there"))
struct YahooRealShapeTests {
    private func yahoo(_ file: String) throws -> (Yahoo, ReplayServer) {
        let server = try ReplayServer(.any(ReplayServer.Reply(file: "\(Repository.answers)/yahoo/\(file)")))
        return (try instance(Yahoo.self, ["base_url": .text(server.url)]), server)
    }

    @Test func recordedDay() async throws {
        let (yahoo, server) = try yahoo("chart_AAPL_1d_recorded.json")
        let bars = try await yahoo.fetch(FetchRequest(.bar, ["AAPL.US"])).events(Bar.self)
        // 2025-02-18 16:00 in New York.
        #expect(bars.map(\.time) == [1_739_912_400_000_000_000])
        #expect(bars.first?.high == 245.18)
        withExtendedLifetime(server) {}
    }

    @Test func dividendsAreFactors() async throws {
        let (yahoo, server) = try yahoo("chart_AAPL_1d_2012H2.json")
        let factors = try await yahoo.fetch(FetchRequest(.factor, ["AAPL.US"])).events(Factor.self)
        #expect(factors.map(\.cash) == [2.65, 2.65])
        let bars = try await yahoo.fetch(FetchRequest(.bar, ["AAPL.US"])).events(Bar.self)
        #expect(bars.last?.close == 532.1729)
        withExtendedLifetime(server) {}
    }

    @Test func mainlandDaysEndAtThree() async throws {
        let (yahoo, server) = try yahoo("chart_000001.SZ_1d.json")
        let bars = try await yahoo.fetch(FetchRequest(.bar, ["000001.SZ"])).events(Bar.self)
        #expect(!bars.isEmpty && bars.allSatisfy { $0.time / 1_000_000_000 % 86_400 == 7 * 3_600 })
        withExtendedLifetime(server) {}
    }
}
