import HostCore
import PluginKit
import TestSupport
import Testing

@testable import HostGateway

/// Stored events of other kinds than bars.
@Suite struct EventHistoryTests {
    private static let path = "/api/v2/stocks/AAPL/historical"
    private static let last = TestHost.lastClose

    /// Ten trades, three of them at one instant; two quotes, two figures, a split and a book.
    private static func host() throws -> TestHost {
        let host = TestHost()
        let instrument = try Instrument(parsing: "AAPL")
        let id = host.instruments.intern(instrument)
        let seconds: [Int64] = [-9, -8, -7, -5, -5, -5, -3, -2, -1, 0]
        let trades = seconds.enumerated().map { index, second in
            Trade(
                time: last + second * 1_000_000_000, price: 400 + Double(index), size: 10, side: .buy, instrument: id)
        }
        host.bars.add(.trades(trades), of: instrument)
        host.bars.add(
            .quotes([
                Quote(time: last - 1, bid: 9, ask: 10, bidSize: 1, askSize: 2, instrument: id),
                Quote(time: last, bid: 11, ask: 10, bidSize: 1, askSize: .nan, instrument: id, flags: .suspect),
            ]), of: instrument)
        let name = try #require(FigureName("eps"))
        host.bars.add(
            .figures([
                Figure(
                    time: last - TestHost.day, periodEnd: last - 90 * TestHost.day, value: 5.5, name: name,
                    instrument: id)
            ]), of: instrument)
        host.bars.add(
            .factors([Factor(time: last, announced: last - TestHost.day, ratio: 2, instrument: id)]), of: instrument)
        host.bars.add(
            .orderBooks([
                OrderBook(
                    time: last, bids: [.init(price: 9, size: 1), .init(price: 8, size: 2)],
                    asks: [.init(price: 10, size: 3)], instrument: id)
            ]), of: instrument)
        return host
    }

    @Test func answersEachKindWithItsNumbers() async throws {
        try await withGateway(Self.host()) { server in
            let trades = try await server.get("\(Self.path)?kind=trade").json
            #expect(trades["kind"] == "trade" && trades["count"] == 10 && trades["period"] == "1y")
            #expect(trades["events"]?[9]?["price"] == 409 && trades["events"]?[9]?["side"] == "buy")
            #expect(trades["events"]?[9]?["time"] == "2013-03-28T20:00:00Z")
            #expect(trades["events"]?[9]?["source"] == "history" && trades["next_to"] == nil)
            let quotes = try await server.get("\(Self.path)?kind=quote&limit=1").json
            #expect(quotes["count"] == 1 && quotes["events"]?[0]?["bid"] == 11)
            #expect(quotes["events"]?[0]?["flags"]?[0] == "suspect")
            let figures = try await server.get("\(Self.path)?kind=figure&period=max").json
            #expect(figures["events"]?[0]?["name"] == "eps" && figures["events"]?[0]?["value"] == 5.5)
            #expect(figures["events"]?[0]?["period_end"] == "2012-12-28T20:00:00Z")
            let factors = try await server.get("\(Self.path)?kind=factor").json
            #expect(factors["events"]?[0]?["ratio"] == 2)
            #expect(factors["events"]?[0]?["announced"] == "2013-03-27T20:00:00Z")
            let books = try await server.get("\(Self.path)?kind=order_book").json
            #expect(books["events"]?[0]?["bids"]?[1]?[0] == 8 && books["events"]?[0]?["asks"]?[0]?[1] == 3)
        }
    }

    /// An instant goes whole: with pages of one, two or four, no trade is left out and none comes twice.
    @Test(arguments: [1, 2, 3, 4, 10]) func pagesNeitherOverlapNorLeaveAnythingOut(limit: Int) async throws {
        try await withGateway(Self.host()) { server in
            var prices: [Double] = []
            var to = ""
            for _ in 0..<20 {
                let page = try await server.get("\(Self.path)?kind=trade&from=2013-03-28\(to)&limit=\(limit)").json
                let count = try #require(page["events"]?.count)
                prices = (0..<count).compactMap { page["events"]?[$0]?["price"]?.double } + prices
                guard let next = page["next_to"]?.text else { break }
                to = "&to=\(next)"
            }
            #expect(prices == (0..<10).map { 400 + Double($0) })
        }
    }

    @Test(arguments: ["kind=candle", "kind=trade&timeframe=1d", "kind=figure&adjust=qfq", "kind="])
    func refusesWhatIsNotAllowed(query: String) async throws {
        try await withGateway(Self.host()) { server in
            let answer = try await server.get("\(Self.path)?\(query)")
            #expect(answer.status == 400)
            #expect(try answer.json["error"]?["message"]?.text?.contains("; allowed ") == true)
        }
    }

    @Test func saysThatThereIsNone() async throws {
        try await withGateway(TestHost.filled()) { server in
            let none = try await server.get("\(Self.path)?kind=trade")
            #expect(none.status == 404)
            #expect(
                try none.json["error"]?["message"]?.text?.hasPrefix("gateway: no trade of AAPL.US was stored") == true)
            let unknown = try await server.get("/api/v2/stocks/NOSUCH/historical?kind=trade")
            #expect(try unknown.json["error"]?["code"] == "unknown_symbol")
        }
    }
}
