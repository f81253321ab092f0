import Foundation
import Glibc
import TestSupport
import Testing

/// Quotes and order books of sources that push none: asked for again and again, each taken once.
@Suite struct AskedQuoteTests {
    private static let start = 1_704_207_600

    private func quotes(_ path: String, _ rows: (second: Int, bid: Double)...) -> ReplayServer.Route {
        var route = ReplayServer.Route(path)
        route.replies = rows.map { row in
            .init(
                "time,bid,ask,bid_size,ask_size\n\(Self.start + row.second),\(row.bid),\(row.bid + 0.5),100,200\n")
        }
        return route
    }

    /// A snapshot as Eastmoney answers it: prices, and lots, of the first level alone.
    private func book(_ second: Int, _ lots: Int) -> ReplayServer.Reply {
        .init(
            #"{"rc":0,"rt":4,"data":{"f57":"600000","f86":\#(Self.start + second),"f19":7.1,"f20":\#(lots),"f39":7.2,"f40":3,"f17":"-","f18":"-"}}"#
        )
    }

    private func manifest(_ server: ReplayServer) -> String {
        let table = { (name: String) in
            "{ plugin: http_table, kind: quote, url: \"\(server.url)/\(name)\", format: csv, time_format: epoch_s }"
        }
        return """
            version: 1
            host: { listen: 127.0.0.1:0, state: var }
            instruments: { us: [AAPL], cn: [600000.SH] }
            providers:
              a: \(table("a"))
              b: \(table("b"))
              c: \(table("c"))
              shares: { plugin: akshare, sources: [eastmoney], eastmoney_quote_url: "\(server.url)" }
            routes:
              live: { from: [a, b], poll: 1s }
              agreed: { from: [a, b, c], strategy: vote, poll: 1s }
              books: { from: [shares], poll: 1s }
            sinks:
              out: { plugin: ndjson, path: out, records: [quotes, order_books, alerts] }
            models: {}
            pipelines:
              one: { instruments: [us], kind: quote, route: live, indicators: [] }
              vote: { instruments: [us], kind: quote, route: agreed, indicators: [] }
              book: { instruments: [cn], kind: order_book, route: books, indicators: [] }

            """
    }

    @Test func theNewestIsTakenOnceAndStoredAndTheMajorityDecides() async throws {
        let server = try ReplayServer(
            quotes("/a", (0, 10), (0, 10), (5, 11)), quotes("/b", (0, 20)), quotes("/c", (0, 20)),
            .init("/api/qt/stock/get", book(0, 5), book(0, 5), book(3, 6)))
        try await Sandbox.empty { box in
            try box.write(manifest(server), to: "plugins.yaml")
            let service = try await box.service()
            func rows(_ file: String, of pipeline: String) throws -> [JSON] {
                try JSON.lines(
                    box.text("out/\(file).ndjson").split(separator: "\n", omittingEmptySubsequences: false).dropLast()
                        .joined(separator: "\n")
                ).filter { $0["pipeline"].text == pipeline }
            }
            try await eventually("what is new was taken", or: { service.child.trace }) {
                let (one, books) = (try rows("quotes", of: "one"), try rows("order_books", of: "book"))
                return one.count >= 2 && books.count >= 2 ? true : nil
            }
            // Three more rounds bring nothing that was there.
            let before = try server.asked().count
            try await eventually("it goes on asking") { try server.asked().count >= before + 12 ? true : nil }
            let one = try rows("quotes", of: "one")
            #expect(one.map { $0["bid"].number } == [10, 11] && one.allSatisfy { $0["source"].text == "a" }, "\(one)")
            let books = try rows("order_books", of: "book")
            #expect(books.map { $0["levels"]["bid_size1"].number } == [500, 600], "\(books)")
            let voted = try rows("quotes", of: "vote")
            #expect(voted.first?["bid"].number == 20 && voted.first?["source"].text == "b", "\(voted)")
            let told = try rows("alerts", of: "vote")
            #expect(told.contains { $0["rule"].text == "conflict" }, "\(told)")
            #expect(try await service.stop() == 0)
            let stats = try JSON(parsing: try await box.run("data", "stats", "--json").out)["series"].items
            #expect(
                stats.map { "\($0["pipeline"].text ?? "") \($0["kind"].text ?? "")" }
                    == ["book order_book", "one quote", "vote quote"], "\(stats)")
        }
    }

    /// Quotes that are pushed, and another source behind them that is asked while the push does not come to stand.
    @Test func anotherSourceIsAskedWhileThePushIsAwayAndThePushGoesOn() async throws {
        let now = Int(Date.now.timeIntervalSince1970) - 60
        let push = ReplayServer.Reply().with {
            $0.socket = [
                .expect("SUBSCRIBE"),
                .send(
                    #"{"stream":"btcusdt@bookTicker","data":{"u":1,"s":"BTCUSDT","b":"29","B":"1","a":"30","A":"1"}}"#),
                .hold,
            ]
        }
        let away = ReplayServer.Reply().with { $0.fault = "reset" }
        let spare = ReplayServer.Route("/spare", .init("time,bid,ask\n\(now),20,21\n"))
        let server = try ReplayServer(spare, .init("/stream", away))
        try await Sandbox.empty { box in
            try box.write(
                """
                version: 1
                host: { listen: 127.0.0.1:0, state: var }
                instruments: { coins: [BTCUSDT.BINANCE] }
                providers:
                  live: { plugin: binance, base_url: "\(server.url)", stream_url: "\(server.socketURL)", reconnect_for: 0s }
                  spare: { plugin: http_table, kind: quote, url: "\(server.url)/spare", format: csv, time_format: epoch_s }
                routes: { r: { from: [live, spare], poll: 1s } }
                models: {}
                sinks: { out: { plugin: ndjson, path: out, records: [quotes] } }
                pipelines: { q: { instruments: [coins], kind: quote, route: r, indicators: [] } }

                """, to: "plugins.yaml")
            let child = try box.start(["run"])
            try await eventually("the other source is asked", or: { child.trace }) {
                box.text("out/quotes.ndjson").contains(#""source":"spare""#) ? true : nil
            }
            try server.take([spare, .init("/stream", push)])
            try await eventually("the push is back", or: { child.trace }) {
                box.text("out/quotes.ndjson").contains(#""source":"live""#) ? true : nil
            }
            let rows = try JSON.lines(box.text("out/quotes.ndjson"))
            #expect(rows.map { $0["source"].text } == ["spare", "live"], "\(rows)")
            #expect(rows.map { $0["bid"].number } == [20, 29], "\(rows)")
            child.signal(SIGTERM)
            #expect(try await child.exitCode() == 0)
        }
    }
}
