import PluginKit
import TestSupport
import Testing
import TushareProvider

/// Tushare's tables, asked and read; bodies made for the test.
struct TushareTests {
    private static let second: Int64 = 1_000_000_000

    private func tushare(_ server: ReplayServer, _ options: [String: ConfigurationValue] = [:]) throws -> Tushare {
        let values: [String: ConfigurationValue] = ["base_url": .text(server.url), "token": .secret(Secret("t0k-3n"))]
        return try instance(Tushare.self, values.merging(options) { _, new in new })
    }

    private static func route(_ api: String, _ replies: ReplayServer.Reply...) -> ReplayServer.Route {
        var route = ReplayServer.Route.any()
        route.body = ".*\"api_name\":\"\(api)\".*"
        route.replies = replies
        return route
    }

    private static func table(_ fields: String, _ rows: String..., more: Bool = false) -> ReplayServer.Reply {
        let names = fields.split(separator: " ").map { "\"\($0)\"" }.joined(separator: ",")
        return .init(
            #"{"request_id":"x","code":0,"data":{"fields":[\#(names)],"items":[\#(rows.joined(separator: ","))],"has_more":\#(more)"#
                + #","count":-1},"msg":"","detail":""}"#)
    }

    /// Two days, newest first, the columns in an order of their own.
    private static let daily = table(
        "amount vol close low high open trade_date ts_code",
        #"[5446354.619,31112.02,12,9,13,10,"20240105","600519.SH"]"#, #"[1,1,6,5,7,6,"20240104","600519.SH"]"#)

    @Test func readsColumnsByNameAndTurnsTheOrder() async throws {
        let server = try ReplayServer(Self.route("daily", Self.daily))
        let bars = try await tushare(server).fetch(FetchRequest(.bar, ["600519.SH"])).events(Bar.self)
        // 2024-01-04 and 2024-01-05, 15:00 in Shanghai.
        #expect(bars.map(\.time) == [1_704_351_600 * Self.second, 1_704_438_000 * Self.second])
        let last = try #require(bars.last)
        #expect((last.open, last.high, last.low, last.close) == (10, 13, 9, 12))
        #expect((last.volume, last.amount) == (3_111_202, 5_446_354_619))
    }

    @Test func asksWithTheTokenInTheBodyAlone() async throws {
        let server = try ReplayServer(Self.route("daily", Self.daily))
        let range = (1_704_265_200 * Self.second)...(1_704_438_000 * Self.second)
        _ = try await tushare(server).fetch(FetchRequest(.bar, ["600519.SH"], range: range))
        let asked = try #require(try server.asked().first)
        #expect(asked.method == "POST" && asked.query.isEmpty && asked.header("Content-Type") == "application/json")
        #expect(
            asked.body
                == #"{"api_name":"daily","token":"t0k-3n","params":{"ts_code":"600519.SH","start_date":"20240102","#
                + #""end_date":"20240105"},"fields":"ts_code,trade_date,open,high,low,close,vol,amount"}"#)
    }

    @Test func asksPageAfterPage() async throws {
        let fields = "ts_code trade_date open high low close vol amount"
        let server = try ReplayServer(
            Self.route(
                "daily", Self.table(fields, #"["600519.SH","20240105",1,1,1,1,1,1]"#, more: true),
                Self.table(fields, #"["600519.SH","20240104",1,1,1,1,1,1]"#)))
        #expect(try await tushare(server).fetch(FetchRequest(.bar, ["600519.SH"])).batch.count == 2)
        let bodies = try server.asked().map(\.body)
        #expect(bodies.count == 2 && !bodies[0].contains("offset") && bodies[1].contains(#""offset":"1""#))
    }

    @Test(arguments: [
        (
            "抱歉，您每分钟最多访问该接口500次，权限的具体详情访问：https://tushare.pro/document/1?doc_id=108。", 40203,
            PluginError.Code.rateLimited, 60
        ),
        ("抱歉，您每小时最多访问该接口1次，权限的具体详情访问：https://tushare.pro/document/1?doc_id=108。", 40203, .rateLimited, 3_600),
        ("抱歉，您每天最多访问该接口5次", 40203, .rateLimited, 86_400), ("频率超限", 40203, .rateLimited, 60),
        ("抱歉，您没有接口访问权限，权限的具体详情访问：https://tushare.pro/document/1?doc_id=108。", 40203, .permission, 0),
        ("您的token不对，请确认。", 40101, .auth, 0), ("t0k-3n?", 40101, .auth, 0), ("参数错误", -2001, .badRequest, 0),
    ])
    func tellsErrorsByTheirWords(words: String, code: Int, expected: PluginError.Code, wait: Int) async throws {
        let server = try ReplayServer(.any(.init(#"{"code":\#(code),"msg":"\#(words)","data":null}"#)))
        let error = await fault { try await tushare(server).fetch(FetchRequest(.bar, ["600519.SH"])) }
        #expect(error?.code == expected)
        #expect(error?.retryAfter == (wait > 0 ? .seconds(wait) : nil))
        #expect(error?.message.contains("t0k-3n") == false)
    }

    @Test(arguments: [
        ("<html>login</html>", PluginError.Code.malformed), ("[]", .malformed),
        (#"{"code":0,"data":{"fiel"#, .malformed),
        (#"{"code":0,"data":7}"#, .malformed), (#"{"code":0,"data":null,"msg":""}"#, .noData),
        (#"{"code":0,"data":{"fields":["ts_code"],"items":[]}}"#, .noData),
        (#"{"code":0,"data":{"fields":["ts_code","trade_date"],"items":[["000001.SZ","20240105"]]}}"#, .malformed),
        (#"{"code":0,"data":{"fields":["ts_code","open","close"],"items":[["600519.SH",1,1]]}}"#, .malformed),
    ])
    func refusesWhatIsNoAnswer(text: String, code: PluginError.Code) async throws {
        let server = try ReplayServer(.any(.init(text)))
        #expect(await fault { try await tushare(server).fetch(FetchRequest(.bar, ["600519.SH"])) }?.code == code)
    }

    @Test(arguments: [("qfq", [3.0, 12]), ("hfq", [12.0, 48])])
    func adjustsByTheFactorsOfTheDays(adjust: String, closes: [Double]) async throws {
        let server = try ReplayServer(
            Self.route("daily", Self.daily),
            Self.route(
                "adj_factor",
                Self.table(
                    "ts_code trade_date adj_factor", #"["600519.SH","20240105",4]"#, #"["600519.SH","20240104",2]"#,
                    #"["600519.SH","20240103",2]"#)))
        let provider = try tushare(server, ["adjust": .text(adjust)])
        let bars = try await provider.fetch(FetchRequest(.bar, ["600519.SH"])).events(Bar.self)
        #expect(bars.map(\.close) == closes && bars.map(\.volume) == [100, 3_111_202])
        let factors = try await provider.fetch(FetchRequest(.factor, ["600519.SH"])).events(Factor.self)
        // 2024-01-05, 09:30 in Shanghai.
        #expect(factors.map(\.ratio) == [2] && factors.map(\.time) == [1_704_418_200 * Self.second])
    }

    @Test func barWithoutAFactorIsADefect() async throws {
        let server = try ReplayServer(
            Self.route("daily", Self.daily),
            Self.route("adj_factor", Self.table("ts_code trade_date adj_factor", #"["600519.SH","20240105",4]"#)))
        let reply = try await tushare(server, ["adjust": .text("hfq")]).fetch(FetchRequest(.bar, ["600519.SH"]))
        #expect(reply.batch.count == 1 && reply.defects.map(\.reason) == ["missing_factor"])
    }

    @Test func figuresAreDatedByTheirPublicationInFractions() async throws {
        let server = try ReplayServer(
            Self.route(
                "fina_indicator",
                Self.table(
                    "ts_code ann_date end_date eps roe fcff", #"["600519.SH","20200424","20200331",1.47,3.8,null]"#,
                    #"["600519.SH",null,"20191231",5,9,1]"#)),
            Self.route(
                "daily_basic", Self.table("ts_code trade_date pe total_mv", #"["600519.SH","20200106",null,12.5]"#)))
        let reply = try await tushare(server).fetch(FetchRequest(.figure, ["600519.SH"]))
        let figures = try reply.events(Figure.self)
        #expect(
            figures.map { "\($0.name)=\($0.value)" }.sorted() == [
                "eps=1.47", "market_cap=125000.0", "return_on_equity=0.038",
            ])
        let eps = try #require(figures.last { "\($0.name)" == "eps" })
        // The ends of 2020-04-24 and 2020-03-31 in Shanghai.
        #expect(eps.time == 1_587_744_000 * Self.second && eps.periodEnd == 1_585_670_400 * Self.second)
        #expect(reply.defects.map(\.reason) == ["missing_time"])
        let bodies = try server.asked().map(\.body)
        #expect(bodies.contains { $0.contains("fina_indicator") && !$0.contains("start_date") })
    }

    @Test func weeksEndWithTheirLastSessionAndMinutesComeInShares() async throws {
        let fields = "ts_code trade_date open high low close vol amount"
        let server = try ReplayServer(
            Self.route("weekly", Self.table(fields, #"["600519.SH","20240207",1,1,1,1,1,1]"#)),
            Self.route(
                "stk_mins",
                Self.table(
                    "ts_code trade_time open high low close vol amount",
                    #"["600519.SH","2024-01-05 14:55:00",1,1,1,1,700,9]"#)))
        let weeks = try await tushare(server).fetch(
            FetchRequest(.bar, ["600519.SH"], Timeframe(1, .week))
        ).events(Bar.self)
        #expect(weeks.map(\.time) == [1_707_375_600 * Self.second])
        let minutes = try await tushare(server).fetch(
            FetchRequest(.bar, ["600519.SH"], Timeframe(5, .minute))
        ).events(Bar.self)
        #expect(minutes.map(\.time) == [1_704_437_700 * Self.second])
        #expect(minutes.map { [$0.volume, $0.amount] } == [[700, 9]])
        #expect(try server.asked().last?.body.contains(#""freq":"5min""#) == true)
        let error = await fault {
            try await tushare(server).fetch(FetchRequest(.bar, ["000300.SH"], Timeframe(1, .week)))
        }
        #expect(error?.code == .badRequest)
    }

    @Test func indicesHaveATableOfTheirOwn() async throws {
        let server = try ReplayServer(
            Self.route(
                "index_daily",
                Self.table(
                    "ts_code trade_date open high low close vol amount", #"["000300.SH","20240105",1,1,1,1,1,1]"#)))
        let provider = try tushare(server, ["adjust": .text("qfq")])
        #expect(try await provider.fetch(FetchRequest(.bar, ["000300.SH"])).batch.count == 1)
        #expect(await fault { try await provider.fetch(FetchRequest(.bar, ["AAPL.US"])) }?.code == .notFound)
    }

    @Test func knowsTradingDaysAndShares() async throws {
        let server = try ReplayServer(
            Self.route(
                "trade_cal",
                Self.table(
                    "exchange cal_date is_open", #"["SSE","20240108",1]"#, #"["SSE","20240107",0]"#,
                    #"["SSE","20240105","1"]"#)),
            Self.route("stock_basic", Self.table("ts_code list_status", #"["600519.SH","L"]"#, #"["000001.SZ","L"]"#)))
        let provider = try tushare(server)
        #expect(try await provider.tradingDays(of: "SH", 19_720...19_730) == [19_727, 19_730])
        #expect(try await provider.instruments().map(\.description) == ["600519.SH", "000001.SZ"])
        #expect(await fault { try await provider.tradingDays(of: "US", 19_720...19_730) }?.code == .unsupported)
    }
}
