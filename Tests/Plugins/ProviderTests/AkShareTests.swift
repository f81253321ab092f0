import AkShareProvider
import PluginKit
import TestSupport
import Testing

/// One source after the other, asked as AkShare's functions ask; bodies made for the test.
struct AkShareTests {
    private static let second: Int64 = 1_000_000_000
    private static let kline = "/api/qt/stock/kline/get"
    private static let sinaBars = "/cn/api/jsonp_v2.php/=/CN_MarketDataService.getKLineData"
    private static let tencentBars = "/appstock/app/fqkline/get"

    private static func eastmoney(_ rows: String..., code: String = "600519") -> ReplayServer.Reply {
        let rows = rows.map { "\"\($0)\"" }.joined(separator: ",")
        return .init(#"{"rc":0,"data":{"code":"\#(code)","klines":[\#(rows)]}}"#)
    }

    private static let day = eastmoney("2024-01-05,10,11,12,9,100,110000.00,1,1,1,1")
    private static let sinaDay = ReplayServer.Reply(
        "/*<script>location.href='//sina.com';</script>*/\n"
            + #"=([{"day":"2024-01-05","open":"10","high":"12","low":"9","close":"11","volume":"10000","amount":"110000"}]);"#
    )
    private static let tencentDay = ReplayServer.Reply(
        #"{"code":0,"msg":"","data":{"sh600519":{"day":[["2024-01-05","10","11","12","9","100.000"]],"prec":"1"}}}"#)
    /// What each source says of the same day.
    private static let same = [10.0, 12, 9, 11, 10_000]

    private func values(_ bars: [Bar]) -> [[Double]] { bars.map { [$0.open, $0.high, $0.low, $0.close, $0.volume] } }

    private func bars(
        _ provider: AkShare, _ timeframe: Timeframe = Timeframe(1, .day), name: String = "600519.SH"
    ) async throws -> [Bar] {
        try await provider.fetch(FetchRequest(.bar, [name], timeframe)).events(Bar.self)
    }

    @Test(arguments: [("eastmoney", kline, day), ("sina", sinaBars, sinaDay), ("tencent", tencentBars, tencentDay)])
    func threeSourcesSayTheSame(source: String, path: String, reply: ReplayServer.Reply) async throws {
        let server = try ReplayServer(.init(path, reply))
        let bars = try await bars(akshare(server, only(source)))
        #expect(values(bars) == [Self.same])
        // 2024-01-05, 15:00 in Shanghai.
        #expect(bars.map(\.time) == [1_704_438_000 * Self.second])
    }

    @Test func asksEastmoneyAsAkShareDoes() async throws {
        let server = try ReplayServer(.any(Self.day))
        let provider = try akshare(server, ["adjust": .text("hfq")])
        // 2024-01-03 to 2024-01-05, 15:00 in Shanghai.
        let range = (1_704_265_200 * Self.second)...(1_704_438_000 * Self.second)
        _ = try await provider.fetch(FetchRequest(.bar, ["600519.SH"], range: range))
        let asked = try #require(try server.asked().first)
        #expect(asked.path == Self.kline)
        #expect(asked.query("secid") == "1.600519" && asked.query("klt") == "101" && asked.query("fqt") == "2")
        #expect(asked.query("beg") == "20240102" && asked.query("end") == "20240105")
        #expect(asked.query("fields2") == "f51,f52,f53,f54,f55,f56,f57,f58,f59,f60,f61")
        #expect(asked.header("Referer") == "https://quote.eastmoney.com/")
        #expect(asked.header("User-Agent")?.hasPrefix("Mozilla/5.0") == true)
    }

    @Test(arguments: [
        ("000001.SZ", "0.000001"), ("300750.SZ", "0.300750"), ("510300.SH", "1.510300"), ("900901.SH", "1.900901"),
        ("830799.BJ", "0.830799"), ("000300.SH", "1.000300"),
    ])
    func namesTheMarketByTheVenue(name: String, secid: String) async throws {
        let server = try ReplayServer(.any(.init(#"{"rc":100,"data":null}"#)))
        let provider = try akshare(server, only("eastmoney"))
        #expect(await fault { try await bars(provider, name: name) }?.code == .notFound)
        #expect(try server.asked().map { $0.query("secid") } == [secid])
    }

    @Test func closedConnectionIsABanAndTheNextIsAsked() async throws {
        let server = try ReplayServer(
            .init(Self.kline, .init(fault: "close")), .init(Self.sinaBars, Self.sinaDay))
        let provider = try akshare(server)
        #expect(try await values(bars(provider)) == [Self.same])
        #expect(try await values(bars(provider)) == [Self.same])
        // It is left alone for a while.
        #expect(try server.asked().map(\.path) == [Self.kline, Self.sinaBars, Self.sinaBars])
        let asked = try #require(try server.asked().last)
        #expect(asked.header("Referer") == "https://finance.sina.com.cn/")
        #expect(asked.query("symbol") == "sh600519" && asked.query("scale") == "240")
    }

    @Test func isBannedWhereAllRefuse() async throws {
        let server = try ReplayServer(.any(.init(fault: "close")))
        let provider = try akshare(server)
        let error = await fault { try await bars(provider) }
        #expect(error?.code == .banned && error?.retryAfter == .seconds(1_800))
        #expect(await fault { try await bars(provider) }?.code == .banned)
        #expect(try server.asked().count == 3)
    }

    @Test func whatNoneHasIsNotFoundEvenWhileOneRefuses() async throws {
        let server = try ReplayServer(
            .init(Self.kline, .init(fault: "close")), .init(Self.sinaBars, .init("=(null);")),
            .init(Self.tencentBars, .init(#"{"code":0,"msg":"","data":[]}"#)))
        #expect(await fault { try await bars(akshare(server)) }?.code == .notFound)
    }

    @Test func sourceThatHasNoAdjustmentIsNotAsked() async throws {
        let server = try ReplayServer(
            .init(Self.kline, .init("", status: 502)),
            .init(
                Self.tencentBars,
                .init(#"{"code":0,"data":{"sh600519":{"qfqday":[["2024-01-05","1","2","3","1","5"]]}}}"#)))
        let provider = try akshare(server, ["adjust": .text("qfq")])
        #expect(try await bars(provider).map(\.close) == [2])
        #expect(try server.asked().map(\.path) == [Self.kline, Self.tencentBars])
        #expect(try server.asked().last?.query("param")?.hasPrefix("sh600519,day,1990-01-01,") == true)
        #expect(try server.asked().last?.query("param")?.hasSuffix(",2000,qfq") == true)
    }

    @Test func weeksAndMonthsEndWithTheirLastSession() async throws {
        // A Thursday before a holiday of a week, and a month that was dated in its midst.
        let server = try ReplayServer(
            .any(query: ["klt": "102"], Self.eastmoney("2024-02-07,1,1,1,1,1,1")),
            .any(query: ["klt": "103"], Self.eastmoney("2024-01-17,1,1,1,1,1,1")))
        let weeks = try await bars(akshare(server), Timeframe(1, .week))
        // 2024-02-09 was the eve of the Spring Festival, without a session: 2024-02-08 was the last.
        #expect(weeks.map(\.time) == [1_707_375_600 * Self.second])
        let months = try await bars(akshare(server), Timeframe(1, .month))
        #expect(months.map(\.time) == [1_706_684_400 * Self.second])
    }

    @Test func barsOfMinutesAreDatedByTheirEnd() async throws {
        let server = try ReplayServer(
            .init(
                "/appstock/app/kline/mkline",
                .init(
                    #"{"code":0,"data":{"sh600519":{"m5":[["202401051455","1","2","3","1","7",{},"0.1"]]}}}"#)),
            .any(Self.eastmoney("2024-01-05 14:55,1,2,3,1,7,1400")))
        for source in ["eastmoney", "tencent"] {
            let bars = try await bars(akshare(server, only(source)), Timeframe(5, .minute))
            #expect(bars.map(\.time) == [1_704_437_700 * Self.second] && bars.map(\.volume) == [700])
        }
        #expect(try server.asked().map { $0.query("param") ?? $0.query("klt") } == ["5", "sh600519,m5,,320"])
        let error = await fault { try await bars(akshare(server), Timeframe(2, .minute)) }
        #expect(error?.code == .badRequest)
    }

    @Test func tencentsUnitIsToldByTheTradedValue() async throws {
        // 1,000 of volume for 1 x 10,000 yuan are 10 yuan each: shares, whatever the code says; 100 times that are lots.
        func reply(_ code: String, _ amount: String) -> ReplayServer.Reply {
            .init(
                #"{"code":0,"data":{"\#(code)":{"day":[["2024-01-05","10","10","10","10","1000",{},"1","\#(amount)",""]]}}}"#
            )
        }
        let server = try ReplayServer(
            .any(query: ["param": "sz000001.*"], reply("sz000001", "1.00")),
            .any(query: ["param": "sh688001.*"], reply("sh688001", "100.00")),
            .any(query: ["param": "sh688002.*"], reply("sh688002", "")))
        let provider = try akshare(server, only("tencent"))
        #expect(try await bars(provider, name: "000001.SZ").map(\.volume) == [1_000])
        #expect(try await bars(provider, name: "688001.SH").map(\.volume) == [100_000])
        #expect(try await bars(provider, name: "688002.SH").map(\.volume) == [1_000])
    }

    @Test func saysWhereASourceHasNoOlderRows() async throws {
        let row =
            #"{"day":"2024-01-05 14:55:00","open":"1","high":"1","low":"1","close":"1","volume":"1","amount":"1"}"#
        let server = try ReplayServer(
            .any(.init("=([" + Array(repeating: row, count: 1_970).joined(separator: ",") + "]);")))
        let reply = try await akshare(server, only("sina")).fetch(
            FetchRequest(.bar, ["600519.SH"], Timeframe(5, .minute)))
        #expect(reply.batch.count == 1)
        #expect(reply.defects.map(\.reason) == ["too_many_rows"])
    }

    @Test func factorsAreStepsBetweenWhatSinaAddsUp() async throws {
        let text = #"var sh600519hfq={"total":3,"data":[{"d":"2023-07-21","f":"3"},{"d":"2022-07-01","f":"2"},"#
        let server = try ReplayServer(
            .init("/realstock/company/sh600519/hfq.js", .init(text + #"{"d":"1900-01-01","f":"1.0"}]}"# + "\n/* x */")))
        let factors = try await akshare(server).fetch(FetchRequest(.factor, ["600519.SH"])).events(Factor.self)
        #expect(factors.map(\.ratio) == [2, 1.5])
        // 2023-07-21, 09:30 in Shanghai.
        #expect(factors.last?.time == 1_689_903_000 * Self.second)
    }

    @Test func readsNamesInGBKWhoseBytesLookLikeSeparators() async throws {
        // The second byte of 亊 (81 7E) is the sign between two cells.
        var cells = Array(repeating: "0", count: 50)
        cells[2] = "600519"
        cells[30] = "20240105145500"
        (cells[9], cells[10]) = ("10.00", "7")
        let text = cells.joined(separator: "~").replacing("0~0~600519", with: "1~亊~600519")
        let server = try ReplayServer(.any(.init(bytes: gb18030("v_sh600519=\"\(text)\";\n"))))
        let quotes = try await akshare(server, only("tencent")).fetch(FetchRequest(.quote, ["600519.SH"]))
        let quote = try #require(try quotes.events(Quote.self).first)
        #expect(quote.bid == 10 && quote.bidSize == 700 && quote.ask.isNaN && quote.askSize == 0)
        #expect(quote.time == 1_704_437_700 * Self.second)
    }

    @Test(arguments: [
        ("<html>Are you a robot?</html>", PluginError.Code.malformed),
        (#"{"rc":0,"data":{"code":"600519","kl"#, .malformed),
        (#"{"rc":0,"data":{"code":"600519"}}"#, .malformed), ("", .malformed), ("{}", .malformed),
        (#"{"rc":0,"data":{"code":"600519","klines":["2024-01-05,x,11,12,9,100"]}}"#, .malformed),
        (#"{"rc":0,"data":{"code":"600519","klines":["today,10,11,12,9,100"]}}"#, .malformed),
        (#"{"rc":0,"data":{"code":"600519","klines":["2024-01-05,-,-,-,-,0"]}}"#, .noData),
    ])
    func refusesWhatIsNoAnswer(text: String, code: PluginError.Code) async throws {
        let server = try ReplayServer(.any(.init(text)))
        #expect(await fault { try await bars(akshare(server, only("eastmoney"))) }?.code == code)
    }

    @Test func rowBesideABadOneIsKept() async throws {
        let server = try ReplayServer(
            .any(Self.eastmoney("2024-01-04,1,1,1,1,1,1", "2024-01-05,10,x,12,9,100,110000")))
        let reply = try await akshare(server).fetch(FetchRequest(.bar, ["600519.SH"]))
        #expect(reply.batch.count == 1)
        #expect(reply.defects.map(\.reason) == ["unreadable_number"])
        #expect(reply.defects.first?.raw == "2024-01-05,10,12,9,x,100,110000")
    }

    @Test func asksAKToolsWithPlainCodesOnly() async throws {
        let server = try ReplayServer(.any(.init("[]")))
        let provider = try akshare(server, ["mode": .text("aktools"), "adjust": .text("qfq")])
        let range = (1_704_265_200 * Self.second)...(1_704_438_000 * Self.second)
        let error = await fault { try await provider.fetch(FetchRequest(.bar, ["600519.SH"], range: range)) }
        #expect(error?.code == .noData)
        let asked = try #require(try server.asked().first)
        #expect(asked.path == "/api/public/stock_zh_a_hist")
        #expect(
            asked.query == [
                ["symbol", "600519"], ["period", "daily"], ["start_date", "20240102"], ["end_date", "20240105"],
                ["adjust", "qfq"],
            ])
        // AkShare would take them for shares of Shenzhen.
        for name in ["510300.SH", "000300.SH", "AAPL.US"] {
            #expect(await fault { try await bars(provider, name: name) }?.code == .notFound)
        }
        #expect(try server.asked().count == 1)
    }

    @Test func refusesAnAddressThatIsNone() {
        let faults = AkShare.validate(configuration(of: AkShare.self, ["sina_quote_url": .text("hq.sinajs.cn")]))
        #expect(faults.map(\.option) == ["sina_quote_url"])
    }
}
