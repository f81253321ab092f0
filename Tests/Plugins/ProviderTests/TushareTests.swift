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

    @Test func statementsAreFiguresFromTheirPublicationOn() async throws {
        let income = "ts_code f_ann_date end_date update_flag total_revenue n_income_attr_p basic_eps"
        let server = try ReplayServer(
            Self.route(
                "income",
                Self.table(
                    income, #"["600519.SH","20201028","20200930","1",69575,33827,26.93]"#,
                    // The same day twice, the corrected one counts; and a correction of a later year.
                    #"["600519.SH","20200729","20200630","0",45633,22601,17.9]"#,
                    #"["600519.SH","20200729","20200630","1",45634,22602,17.99]"#,
                    #"["600519.SH","20210728","20200630","1",45640,22610,18]"#)),
            Self.route(
                "balancesheet",
                Self.table(
                    "end_date ts_code f_ann_date update_flag total_assets total_liab",
                    #"["20200930","600519.SH","20201028","1",191470,32018]"#,
                    #"["20200630","600519.SH",null,"1",1,1]"#)),
            Self.route(
                "cashflow",
                Self.table(
                    "ts_code f_ann_date end_date update_flag n_cashflow_act free_cashflow",
                    #"["600519.SH","20201028","20200930","1",25179,null]"#)))
        let tables = ["income", "balancesheet", "cashflow"]
        let provider = try tushare(server, ["figures": .list(tables.map { .text($0) })])
        let reply = try await provider.fetch(FetchRequest(.figure, ["600519.SH"]))
        let figures = try reply.events(Figure.self)
        func values(_ name: String) -> [Double] { figures.filter { "\($0.name)" == name }.map(\.value) }
        #expect(Set(values("revenue")) == [45_634, 69_575, 45_640])
        #expect(Set(values("net_income")) == [22_602, 33_827, 22_610])
        #expect(values("total_assets") == [191_470] && values("total_liabilities") == [32_018])
        #expect(values("operating_cash_flow") == [25_179] && values("free_cash_flow").isEmpty)
        #expect(reply.defects.map(\.reason) == ["missing_time"])
        let nine = try #require(figures.first { "\($0.name)" == "operating_cash_flow" })
        // The ends of 2020-10-28 and 2020-09-30 in Shanghai.
        #expect(nine.time == 1_603_900_800 * Self.second && nine.periodEnd == 1_601_481_600 * Self.second)
        let bodies = try server.asked().map(\.body)
        #expect(
            bodies.count == 3 && bodies.allSatisfy { $0.contains(#""report_type":"1""#) && !$0.contains("start_date") })
    }

    /// The first days of 2024, in Shanghai.
    private static let firstDays = (1_704_096_000 * second)...(1_704_556_800 * second)
    private static let futureFields = "ts_code trade_date open high low close vol amount oi"

    /// Two contracts: the second has more volume from the third day on, more open interest from the fourth.
    private static func futures(_ closes: [Double] = [100, 101, 102, 103, 104]) -> [ReplayServer.Route] {
        func rows(_ code: String, _ offset: Double, _ volumes: [Int], _ interests: [Int]) -> ReplayServer.Reply {
            let rows = closes.indices.reversed().map { place in
                let close = closes[place] + offset
                return
                    "[\"\(code)\",\"2024010\(place + 2)\",\(close),\(close + 1),\(close - 1),\(close),\(volumes[place]),2.5,\(interests[place])]"
            }
            let names = futureFields.split(separator: " ").map { "\"\($0)\"" }.joined(separator: ",")
            return .init(
                #"{"code":0,"data":{"fields":[\#(names)],"items":[\#(rows.joined(separator: ","))],"has_more":false},"msg":""}"#
            )
        }
        func route(_ code: String, _ reply: ReplayServer.Reply) -> ReplayServer.Route {
            var route = ReplayServer.Route.any()
            route.body = ".*\"fut_daily\".*\(code).*"
            route.replies = [reply]
            return route
        }
        return [
            Self.route(
                "fut_basic",
                table(
                    "ts_code fut_code list_date delist_date", #"["RB2410.SHF","RB","20231017","20241015"]"#,
                    #"["RB2405.SHF","RB","20230516","20240515"]"#, #"["RB2301.SHF","RB","20220117","20230116"]"#,
                    #"["HC2405.SHF","HC","20230516","20240515"]"#)),
            route("RB2405", rows("RB2405.SHF", 0, [900, 800, 100, 100, 100], [90, 80, 70, 10, 10])),
            route("RB2410", rows("RB2410.SHF", 10, [100, 200, 700, 700, 50], [10, 20, 60, 80, 80])),
        ]
    }

    private static func serving(_ routes: [ReplayServer.Route]) throws -> ReplayServer {
        let server = try ReplayServer(.any(.init("")))
        try server.take(routes)
        return server
    }

    @Test func aContractHasItsOwnBars() async throws {
        let server = try Self.serving(Self.futures())
        let bars = try await tushare(server).fetch(FetchRequest(.bar, ["RB2405.SHFE"])).events(Bar.self)
        #expect(bars.map(\.close) == [100, 101, 102, 103, 104])
        #expect(bars.map(\.volume).first == 900 && bars.map(\.amount).first == 25_000)
        // 2024-01-02, 15:00 in Shanghai.
        #expect(bars.first?.time == 1_704_178_800 * Self.second)
        let asked = try server.asked()
        #expect(asked.count == 1 && asked[0].body.contains(#""ts_code":"RB2405.SHF""#))
        let error = await #expect(throws: PluginError.self) {
            _ = try await tushare(server).fetch(FetchRequest(.bar, ["RB.SHFE"], range: Self.firstDays))
        }
        #expect(error?.message.contains("Set 'roll' to volume or open_interest") == true)
    }

    @Test(
        arguments: [
            // The change is on the fifth of January by volume, when the third day's volume is known; a day later by open interest.
            ("volume", "none", [101.0, 102, 113, 114]), ("volume", "ratio", [101 * 112 / 102.0, 112, 113, 114]),
            ("volume", "difference", [111.0, 112, 113, 114]), ("open_interest", "difference", [111, 112, 113, 114]),
            ("open_interest", "none", [101, 102, 103, 114]),
        ] as [(String, String, [Double])])
    func aProductIsTheMainContractOfTheDayBefore(rule: String, adjust: String, closes: [Double]) async throws {
        let server = try Self.serving(Self.futures())
        let provider = try tushare(server, ["roll": .text(rule), "roll_adjust": .text(adjust)])
        let bars = try await provider.fetch(FetchRequest(.bar, ["RB.SHFE"], range: Self.firstDays)).events(Bar.self)
        #expect(zip(bars.map(\.close), closes).allSatisfy { abs($0 - $1) < 1e-9 } && bars.count == 4, "\(bars)")
        #expect(bars.allSatisfy { $0.flags.contains(.adjusted) == (adjust != "none") })
        #expect(bars.allSatisfy { $0.low <= $0.close && $0.close <= $0.high })
        // Neither the contract that was over, nor that of another product.
        #expect(try server.asked().allSatisfy { !$0.body.contains("RB2301") && !$0.body.contains("HC2405") })
    }

    @Test func pricesBelowZeroHaveADifferenceAndNoRatio() async throws {
        let server = try Self.serving(Self.futures([2, 1, -1, -2, -37]))
        let ratio = try tushare(server, ["roll": .text("volume"), "roll_adjust": .text("ratio")])
        let error = await #expect(throws: PluginError.self) {
            _ = try await ratio.fetch(FetchRequest(.bar, ["RB.SHFE"], range: Self.firstDays))
        }
        #expect(error?.message.contains("Set 'roll_adjust' to difference") == true)
        let difference = try tushare(server, ["roll": .text("volume"), "roll_adjust": .text("difference")])
        let bars = try await difference.fetch(FetchRequest(.bar, ["RB.SHFE"], range: Self.firstDays)).events(Bar.self)
        #expect(bars.map(\.close) == [11, 9, 8, -27])
        let one = try await difference.fetch(FetchRequest(.bar, ["RB2405.SHFE"])).events(Bar.self)
        #expect(one.map(\.close) == [2, 1, -1, -2, -37])
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
