import AlphaVantageProvider
import PluginKit
import TestSupport
import Testing

/// Alpha Vantage as it answers, from a server of this machine.
struct AlphaVantageTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func provider(
        _ server: ReplayServer, _ options: [String: ConfigurationValue] = [:]
    ) throws -> AlphaVantage {
        let values: [String: ConfigurationValue] = ["base_url": .text(server.url), "api_key": .secret(Secret("k3y"))]
        return try instance(AlphaVantage.self, values.merging(options) { _, new in new }, state: folder.path)
    }

    private static let second: Int64 = 1_000_000_000

    private func series(_ name: String, _ dates: String...) -> ReplayServer.Reply {
        let rows = dates.map { date in
            """
            "\(date)": {"1. open":"1.5","2. high":"2","3. low":"1","4. close":"1.75","5. volume":"100"}
            """
        }
        return .init(#"{"Meta Data":{},"Time Series (\#(name))":{\#(rows.joined(separator: ","))}}"#)
    }

    @Test func daysEndWithTheirSessionOldestFirst() async throws {
        let server = try ReplayServer(.any(series("Daily", "2013-07-05", "2013-07-03")))
        let bars = try await provider(server).fetch(FetchRequest(.bar, ["IBM.US"])).events(Bar.self)
        // 13:00 on the half day before the holiday, then 16:00 in New York.
        #expect(bars.map(\.time) == [1_372_870_800, 1_373_054_400].map { $0 * Self.second })
        #expect(bars[0].close == 1.75 && bars[0].volume == 100)
        let asked = try #require(try server.asked().first)
        #expect(asked.path == "/query" && asked.query("function") == "TIME_SERIES_DAILY")
        #expect(asked.query("symbol") == "IBM" && asked.query("apikey") == "k3y")
    }

    @Test func barsWithinADayAreDatedByTheirStart() async throws {
        let server = try ReplayServer(.any(series("5min", "2013-07-05 15:55:00")))
        let request = try FetchRequest(.bar, ["IBM.US"], Timeframe(5, .minute))
        let bars = try await provider(server).fetch(request).events(Bar.self)
        #expect(bars.map(\.time) == [1_373_054_400 * Self.second])
        #expect(try server.asked().first?.query("interval") == "5min")
    }

    @Test(
        arguments: [
            (#"{"Error Message":"Invalid API call."}"#, PluginError.Code.notFound, nil),
            (#"{"Error Message":"the parameter apikey is invalid or missing."}"#, .auth, nil),
            (
                #"{"Information":"We have detected your API key as k3y and our limit is 25 requests per day."}"#,
                .rateLimited, 0
            ),
            (#"{"Information":"This is a premium endpoint."}"#, .permission, nil),
            (#"{"Information":"The demo API key is for demo purposes only."}"#, .auth, nil),
            (#"{"Note":"our standard API call frequency is 5 calls per minute"}"#, .rateLimited, 60),
            ("{}", .notFound, nil),
            ("<html></html>", .malformed, nil), (#"{"Meta Data":{}}"#, .malformed, nil),
            (#"{"Time Series (Daily)":{"2013-07-05":{"1. open":"x"}}}"#, .malformed, nil), ("{\"Time", .malformed, nil),
        ] as [(String, PluginError.Code, Int64?)])
    func errorsComeWithStatus200(text: String, code: PluginError.Code, wait: Int64?) async throws {
        let server = try ReplayServer(.any(.init(text)))
        let error = await fault { try await provider(server).fetch(FetchRequest(.bar, ["IBM.US"])) }
        #expect(error?.code == code, "\(error?.message ?? "no error")")
        #expect(error?.message.contains("k3y") == false)
        if wait == 60 { #expect(error?.retryAfter == .seconds(60)) }
        if wait == 0 { #expect(error?.retryAfter.map { (.seconds(1)...(.seconds(86_400))).contains($0) } == true) }
    }

    @Test func splitsAndDividendsAreFactors() async throws {
        let text = #"""
            {"Time Series (Daily)":{"2014-06-09":{"7. dividend amount":"0.0000","8. split coefficient":"7.0"},
            "2014-06-06":{"7. dividend amount":"0","8. split coefficient":"1.0"},
            "2014-05-08":{"7. dividend amount":"3.29","8. split coefficient":"1.0"}}}
            """#
        let server = try ReplayServer(.any(.init(text)))
        let factors = try await provider(server).fetch(FetchRequest(.factor, ["AAPL.US"])).events(Factor.self)
        #expect(factors.map { [$0.ratio, $0.cash] } == [[1, 3.29], [7, 0]])
        // 2014-05-08 09:30 in New York.
        #expect(factors.first?.time == 1_399_555_800 * Self.second)
    }

    @Test func figuresArePublicWhenTheyWereReported() async throws {
        let earnings = #"""
            {"symbol":"IBM","annualEarnings":[{"fiscalDateEnding":"2019-12-31","reportedEPS":"12.81"}],"quarterlyEarnings":[
            {"fiscalDateEnding":"2019-12-31","reportedDate":"2020-01-21","reportedEPS":"4.71"},
            {"fiscalDateEnding":"2019-09-30","reportedDate":"None","reportedEPS":"2.68"}]}
            """#
        let income = #"""
            {"symbol":"IBM","annualReports":[{"fiscalDateEnding":"2019-12-31","totalRevenue":"77147000000","grossProfit":"None"}],
            "quarterlyReports":[{"fiscalDateEnding":"soon","totalRevenue":"1"}]}
            """#
        let server = try ReplayServer(
            .any(query: ["function": "EARNINGS"], .init(earnings)),
            .any(query: ["function": "INCOME_STATEMENT"], .init(income)),
            .any(query: ["function": "OVERVIEW"], .init(#"{"Symbol":"IBM","PERatio":"14.3","EPS":"-"}"#)))
        let reports: ConfigurationValue = .list([.text("earnings"), .text("income"), .text("overview")])
        let reply = try await provider(server, ["reports": reports]).fetch(FetchRequest(.figure, ["IBM.US"]))
        let figures = try reply.events(Figure.self)
        let named = Dictionary(figures.map { ("\($0.name) \($0.periodEnd / Self.second)", $0) }) { first, _ in first }
        // The ends of 2019-12-31, 2020-01-21 and 2019-09-30 in New York.
        let (end, published, before): (Int64, Int64, Int64) = (1_577_854_800, 1_579_669_200, 1_569_902_400)
        #expect(
            named["revenue_y \(end)"].map { [$0.value, Double($0.time)] } == [
                77_147_000_000, Double(published * Self.second),
            ])
        #expect(named["earnings_per_share_q \(end)"]?.value == 4.71)
        let lagged = named["earnings_per_share_q \(before)"]
        // 45 days, and the hour by which clocks were set back between.
        #expect(lagged.map { $0.time - $0.periodEnd } == (45 * 86_400 + 3_600) * Self.second)
        #expect(lagged?.flags == .suspect && named["earnings_per_share_q \(end)"]?.flags == [])
        #expect(figures.filter { "\($0.name)" == "price_to_earnings" }.map(\.value) == [14.3])
        #expect(reply.defects.map(\.reason) == ["unreadable_time"])
        let strict = try provider(server, ["reports": reports, "undated": .text("refuse")])
        let refused = try await strict.fetch(FetchRequest(.figure, ["IBM.US"]))
        #expect(refused.defects.map(\.reason).sorted() == ["undated", "unreadable_time"])
    }
}

/// Alpha Vantage as recorded.
@Suite(.enabled(if: Repository.hasAnswers, "../shared/providers/fixtures is not there"))
struct AlphaVantageRealShapeTests {
    private func provider(_ file: String, _ folder: TemporaryFolder) throws -> (AlphaVantage, ReplayServer) {
        let server = try ReplayServer(.any(ReplayServer.Reply(file: "\(Repository.answers)/alphavantage/\(file)")))
        let values: [String: ConfigurationValue] = ["base_url": .text(server.url), "api_key": .secret(Secret("k"))]
        return (try instance(AlphaVantage.self, values, state: folder.path), server)
    }

    @Test func recordedMinutes() async throws {
        let folder = try TemporaryFolder()
        let (provider, server) = try provider("intraday_1min_MSFT_recorded.json", folder)
        let request = try FetchRequest(.bar, ["MSFT.US"], Timeframe(1, .minute))
        let bars = try await provider.fetch(request).events(Bar.self)
        // 2017-12-18 14:56 in New York begins the last minute.
        #expect(bars.last?.time == 1_513_627_020_000_000_000)
        #expect(bars.last?.close == 86.5 && bars.last?.volume == 10_494)
        withExtendedLifetime(server) {}
    }

    @Test func dailyBars() async throws {
        let folder = try TemporaryFolder()
        let (provider, server) = try provider("daily_IBM.json", folder)
        let bars = try await provider.fetch(FetchRequest(.bar, ["IBM.US"])).events(Bar.self)
        #expect(bars.last?.close == 191.55)
        withExtendedLifetime(server) {}
    }
}
