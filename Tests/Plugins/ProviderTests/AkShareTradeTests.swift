import EventTiming
import PluginKit
import TestSupport
import Testing

@testable import AkShareProvider

/// Trades of Eastmoney, asked for and pushed; messages made for the test in its form.
struct AkShareTradeTests {
    private static let second: Int64 = 1_000_000_000
    private static let day = 86_400 * second
    /// 2024-01-05, a Friday, 16:00 in Shanghai.
    private static let friday: Int64 = 1_704_441_600 * second

    private static func message(_ rows: String..., code: String = "600519", full: Int = 0) -> String {
        let rows = rows.map { "\"\($0)\"" }.joined(separator: ",")
        return #"{"rc":0,"rt":12,"full":\#(full),"data":{"code":"\#(code)","market":1,"details":[\#(rows)]}}"#
    }

    private static func event(_ rows: String..., code: String = "600519") -> ReplayServer.Step {
        let rows = rows.map { "\"\($0)\"" }.joined(separator: ",")
        return .send("data: " + #"{"rc":0,"data":{"code":"\#(code)","details":[\#(rows)]}}"# + "\n\n")
    }

    private func target() throws -> RowTarget {
        try #require(try RowTarget.all(TestInstruments(["600519.SH"]).references, owner: "test").first)
    }

    private func trades(_ rows: String..., now: Int64) throws -> [Trade] {
        ShareTape.trades(rows.compactMap { EastmoneyTrades.row($0) }, try target(), now: now)
    }

    @Test func aRowIsReadAndWhatIsNoneIsNot() {
        let row = EastmoneyTrades.row("14:59:03,10.73,27,5,2")
        #expect(row == ShareTradeRow(second: 53_943, price: 10.73, size: 2_700, side: .buy))
        #expect(EastmoneyTrades.row("09:25:00,10.73,27,0,4")?.side == .unknown)
        #expect(EastmoneyTrades.row("09:30:00,10.73,27,3,1")?.side == .sell)
        for text in [
            "", "14:59,1,1,1,1", "24:00:00,1,1,1,1", "14:59:03,-,27,5,2", "14:59:03,0,27,5,2", "14:59:03,1,-1,5,2",
            "14:59:03,1",
        ] {
            #expect(EastmoneyTrades.row(text) == nil, "\(text)")
        }
    }

    @Test func theDayIsTheLastTradingDayOnWhichThatTimeHasBeen() throws {
        let close = "15:00:00,10,3,1,2"
        // 15:00 in Shanghai, seen on Friday, Saturday, Sunday, and on Monday before the opening and after the close.
        let friday: Int64 = 1_704_438_000 * Self.second
        for (hours, expected) in [(0, friday), (24, friday), (48, friday), (65, friday), (72, friday + 3 * Self.day)] {
            let trades = try trades(close, now: Self.friday + Int64(hours) * 3_600 * Self.second)
            #expect(trades.map(\.time) == [expected], "\(hours) h")
            #expect(trades.first?.flags == [])
        }
        // The week of the national holiday: 2024-10-01 to 10-07; seen on the 6th, of the 30th of September.
        #expect(try trades(close, now: 1_728_187_200 * Self.second).map(\.time) == [1_727_679_600 * Self.second])
        // A day that no calendar knows yet: 2199-01-02, a Wednesday.
        #expect(try trades(close, now: 7_226_640_000 * Self.second).first?.flags == .suspect)
    }

    @Test func theOpeningAuctionIsOneTradeAndItsIndicationsAreNone() throws {
        let trades = try trades(
            "09:15:00,11,10,0,4", "09:24:57,10.5,900,0,4", "09:25:00,10.4,700,0,4", "09:30:00,10.4,0,1,1",
            now: Self.friday)
        #expect(trades.map(\.price) == [10.4] && trades.map(\.size) == [70_000])
    }

    @Test func whatComesAgainIsLeftOutAndEqualTradesOfASecondAreKept() throws {
        var tape = ShareTape(try target())
        let day = try trades("09:25:00,10,1,1,4", "09:30:00,10,2,1,1", "09:30:00,10,2,1,1", now: Self.friday)
        #expect(tape.fresh(day, isWhole: true) == day)
        #expect(tape.mark == ShareTape.Mark(time: day[2].time, count: 2))
        #expect(tape.fresh(day, isWhole: true).isEmpty)
        // Since the last message: the second goes on, with a trade like the last.
        let more = try trades("09:30:00,10,2,1,1", "09:30:03,11,2,1,1", now: Self.friday)
        #expect(tape.fresh(more, isWhole: false) == more)
        // All again, and one more.
        let last = try trades("09:30:06,12,1,1,2", now: Self.friday)
        #expect(tape.fresh(day + more + last, isWhole: false) == last)
        // Another instance goes on where this one stood.
        let position = TapePosition.text([tape])
        let marks = try TapePosition.read(position, "test")
        var next = ShareTape(try target(), after: marks["600519.SH"])
        #expect(next.fresh(day + more + last, isWhole: true).isEmpty && next.mark == tape.mark)
    }

    @Test func theTradesOfTheDayAreAnAnswerToo() async throws {
        let server = try ReplayServer(
            .init("/api/qt/stock/details/get", .init(Self.message("09:25:00,10,1,1,4", "x", "09:30:00,11,2,1,1"))))
        let reply = try await akshare(server).fetch(FetchRequest(.trade, ["600519.SH"]))
        #expect(try reply.events(Trade.self).map { [$0.price, $0.size] } == [[10, 100], [11, 200]])
        #expect(reply.defects.map(\.reason) == ["unreadable_row"])
        let asked = try #require(try server.asked().first)
        #expect(asked.query("secid") == "1.600519" && asked.query("fields2") == "f51,f52,f53,f54,f55")
        let unknown = try ReplayServer(.any(.init(#"{"rc":102,"data":null}"#)))
        let error = await fault { try await akshare(unknown).fetch(FetchRequest(.trade, ["600519.SH"])) }
        #expect(error?.code == .notFound)
    }

    @Test func tradesArePushedAndABreakLosesAndDoublesNothing() async throws {
        let path = "/api/qt/stock/details/sse"
        let server = try ReplayServer(
            .init(
                path, query: ["secid": "1.600519"],
                .events(
                    Self.event("09:15:00,9,5,0,4", "09:25:00,10,1,1,4", "09:30:00,10,2,1,1"), .send("\n\n"),
                    Self.event("09:30:00,10,2,1,1"), .send("data: nonsense\n\n"),
                    Self.event("09:30:03,99,9,1,1", code: "600000")),
                .init("", status: 502),
                .events(
                    Self.event(
                        "09:15:00,9,5,0,4", "09:25:00,10,1,1,4", "09:30:00,10,2,1,1", "09:30:00,10,2,1,1",
                        "09:30:06,12,4,1,2"), .silent)),
            .init(
                path, query: ["secid": "0.000001"],
                .events(
                    .send("data: {\"rc\":0,\"data\":null}\n\n"), Self.event("09:25:00,20,1,1,4", code: "000001"),
                    .silent)))
        let pushes = Pushes { $0.reduce(0) { $0 + $1.batch.count } >= 5 }
        let provider = try akshare(server, ["reconnect_for": .duration(.seconds(600))])
        let error = try await pushes.run(provider, .trade, ["600519.SH", "000001.SZ"])
        #expect(error?.code == .cancelled, "\(error?.message ?? "")")
        let all = pushes.events(Trade.self)
        let own = all.filter { $0.instrument.rawValue == 0 }
        #expect(own.map { [$0.price, $0.size] } == [[10, 100], [10, 200], [10, 200], [12, 400]])
        #expect(own.map(\.side) == [.unknown, .sell, .sell, .buy])
        #expect(all.filter { $0.instrument.rawValue == 1 }.map(\.price) == [20])
        #expect(pushes.defects.map(\.reason) == ["unreadable_message", "wrong_symbol"])
        let asked = try #require(try server.asked().first { $0.query("secid") == "1.600519" })
        #expect(asked.query("pos") == "-0" && asked.header("Accept") == "text/event-stream")
        // A host that begins again after this position is given what is new alone.
        let again = Pushes(until: 1)
        let fresh = try ReplayServer(
            .init(
                path, query: ["secid": "1.600519"],
                .events(Self.event("09:30:00,10,2,1,1", "09:30:06,12,4,1,2", "09:30:09,13,1,1,2"), .silent)),
            .any(.events(.silent)))
        _ = try await again.run(
            try akshare(fresh), .trade, ["600519.SH", "000001.SZ"], after: pushes.position?.text)
        #expect(again.events(Trade.self).map(\.price) == [13])
    }

    @Test func aClosedConnectionIsABanAndTheSourceIsLeftAlone() async throws {
        let server = try ReplayServer(.any(.init(fault: "close")))
        let provider = try akshare(server)
        for _ in 0..<2 {
            let error = try await Pushes().run(provider, .trade, ["600519.SH"])
            #expect(error?.code == .banned && error?.retryAfter != nil, "\(error?.message ?? "")")
        }
        #expect(try server.asked().count == 1)
    }

    @Test func whatCannotBeStreamedIsSaid() async throws {
        let server = try ReplayServer(.any(.init("")))
        let codes: [(EventKind, String, [String: ConfigurationValue], String?, PluginError.Code)] = [
            (.bar, "600519.SH", [:], nil, .unsupported), (.trade, "AAPL.US", [:], nil, .notFound),
            (.trade, "600519.SH", only("sina"), nil, .badRequest), (.trade, "600519.SH", [:], "quote", .badRequest),
            (.trade, "600519.SH", [:], "trade 600519.SH=1", .badRequest),
        ]
        for (kind, name, options, position, code) in codes {
            let error = try await Pushes().run(try akshare(server, options), kind, [name], after: position)
            #expect(error?.code == code, "\(error?.message ?? "")")
        }
        #expect(try server.asked().isEmpty)
    }
}
