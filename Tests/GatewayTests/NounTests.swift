import HostCore
import PluginKit
import TestSupport
import Testing
import TradingCalendars

@testable import HostGateway

/// The lists and what is told of one instrument.
@Suite struct NounTests {
    @Test func stocksAreFilteredAndPaged() async throws {
        try await withGateway { server in
            let all = try await server.get("/api/v2/stocks").json
            #expect(all["total"] == 2 && all["count"] == 2)
            #expect(all["stocks"]?[0]?["instrument"] == "AAPL.US")
            #expect(all["stocks"]?[0]?["last"] == "2013-03-28T20:00:00Z")
            let shanghai = try await server.get("/api/v2/stocks?venue=sh").json
            #expect(shanghai["total"] == 1 && shanghai["stocks"]?[0]?["symbol"] == "600519")
            let first = try await server.get("/api/v2/stocks?limit=1").json
            let cursor = try #require(first["next_cursor"]?.text)
            let second = try await server.get("/api/v2/stocks?limit=1&cursor=\(cursor)").json
            #expect(second["stocks"]?[0]?["instrument"] == "600519.SH" && second["next_cursor"] == nil)
        }
    }

    /// Good Friday of 2013 was 29 March; the exchange was closed.
    @Test func aCalendarHasTheSessionsOfTheVenue() async throws {
        try await withGateway(.filled(), { $0.calendars = try? CalendarBook() }) { server in
            let answer = try await server.get("/api/v2/stocks/AAPL/calendar?from=2013-03-28&to=2013-04-01").json
            #expect(answer["calendar"] == "XNYS")
            #expect(answer["days"]?.count == 5)
            #expect(answer["days"]?[0]?["open"] == "2013-03-28T13:30:00Z")
            #expect(answer["days"]?[0]?["close"] == "2013-03-28T20:00:00Z")
            #expect(answer["days"]?[1]?["open"] == nil)
            let usual = try await server.get("/api/v2/stocks/AAPL/calendar").json
            #expect(usual["days"]?[0]?["day"] == "2013-03-28" && usual["days"]?.count == 14)
            for query in ["from=2013-04-01&to=2013-03-01", "from=1990-01-01&to=2020-01-01", "from=2013-02-30"] {
                let refused = try await server.get("/api/v2/stocks/AAPL/calendar?\(query)")
                #expect(refused.status == 400)
            }
        }
    }

    @Test func aBarIsExplainedWithWhatWasPredictedFromIt() async throws {
        try await withGateway { server in
            let last = try await server.get("/api/v2/stocks/AAPL/explain").json
            #expect(last["bar"]?["close"] == 443.66)
            #expect(last["source"] == "history" && last["version"] == 1)
            #expect(last["predictions"]?[0]?["model"] == "next_day")
            #expect(last["predictions"]?[0]?["plugin"] == "model/ridge")
            #expect(last["predictions"]?[0]?["features"]?.count == 0)
            let earlier = try await server.get("/api/v2/stocks/AAPL/explain?time=2013-03-28T19:59:59Z").json
            #expect(earlier["bar"]?["close"] == 442.66 && earlier["predictions"]?.count == 0)
            let none = try await server.get("/api/v2/stocks/AAPL/explain?time=2001-01-01")
            #expect(none.status == 404)
        }
    }

    @Test func anExplanationSaysWhatTheModelSawOfTheBarsUpToThere() async throws {
        let configure = { (gateway: inout Gateway) in
            gateway.indicators = IndicatorControl { model, pipeline in
                #expect(model == "next_day" && pipeline == "main")
                return [.init(name: "count", indicator: "count"), .init(name: "days.close", indicator: nil)]
            } compute: { (names, bars) throws(PluginError) in
                .init(columns: names, values: bars.indices.map { Double($0 + 1) })
            }
        }
        try await withGateway(TestHost.filled(), configure) { server in
            let made = try await server.get("/api/v2/stocks/AAPL/explain").json["predictions"]?[0]
            let features = made?["features"]
            #expect(features?.count == 2)
            #expect(features?[0]?["name"] == "count" && features?[0]?["value"] == 2)
            #expect(features?[1]?["name"] == "days.close")
        }
    }

    @Test func eventsOfOneKindHaveTheirOwnRoute() async throws {
        let host = TestHost.filled()
        let apple = Instrument(code: "AAPL", venue: "US")
        let trade = Trade(
            time: TestHost.lastClose, price: 443.5, size: 100, instrument: host.instruments.intern(apple))
        host.bars.add(.trades([trade]), of: apple)
        try await withGateway(host) { server in
            let short = try await server.get("/api/v2/stocks/AAPL/trades")
            let long = try await server.get("/api/v2/stocks/AAPL/historical?kind=trade")
            #expect(short.status == 200 && short.body == long.body)
            let refused = try await server.get("/api/v2/stocks/AAPL/trades?kind=quote")
            #expect(refused.status == 400)
        }
    }

    @Test func indicatorsSeeTheBarsBeforeTheirPage() async throws {
        let host = TestHost.filled()
        for day in 2..<8 {
            host.add("AAPL", time: TestHost.lastClose - Int64(day) * TestHost.day, close: 440 - Double(day))
        }
        let configure = { (gateway: inout Gateway) in
            // How many bars it was given, and the close: what the route hands over and gives back.
            gateway.indicators = IndicatorControl { (names, bars) throws(PluginError) in
                guard names == ["count", "close"] else { throw PluginError(.notFound, "there is no such indicator.") }
                return .init(
                    columns: names, values: bars.enumerated().flatMap { [Double($0 + 1), $1.close] })
            }
        }
        try await withGateway(host, configure) { server in
            let path = "/api/v2/stocks/AAPL/indicators?names=count,close"
            let page = try await server.get("\(path)&limit=3").json
            #expect(page["rows"]?.count == 3)
            #expect(page["rows"]?[0]?["values"] == [6, 438])
            #expect(page["rows"]?[2]?["values"] == [8, 443.66])
            let cursor = try #require(page["next_cursor"]?.text)
            let before = try await server.get("\(path)&limit=3&cursor=\(cursor)").json
            #expect(before["rows"]?[2]?["values"] == [5, 437])
            let cut = try await server.get("\(path)&from=2013-03-27&to=2013-03-27").json
            #expect(cut["rows"]?.count == 1 && cut["rows"]?[0]?["values"] == [7, 442.66])
            let refused = try await server.get("/api/v2/stocks/AAPL/indicators?names=nope")
            #expect(refused.status == 400)
            let unknown = try await server.get("/api/v2/stocks/NOSUCH/indicators?names=count,close")
            #expect(unknown.status == 404)
        }
    }

    @Test(arguments: [
        "/api/v2/plugins/indicator/nope", "/api/v2/providers/nope", "/api/v2/pipelines/nope",
    ])
    func aNameNobodyHasIsNotFound(target: String) async throws {
        try await withGateway { server in
            let answer = try await server.get(target)
            #expect(answer.status == 404)
            #expect(try answer.json["error"]?["code"] == "unknown_instance")
        }
    }
}
