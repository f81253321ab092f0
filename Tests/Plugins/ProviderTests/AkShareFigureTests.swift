import AkShareProvider
import PluginKit
import TestSupport
import Testing

/// Figures of Eastmoney's data centre: by the day they became public.
struct AkShareFigureTests {
    private static let second: Int64 = 1_000_000_000
    private static let reports = "/securities/api/data/get"
    private static let valuations = "/api/data/v1/get"
    private static let nothing = ReplayServer.Reply(
        #"{"version":null,"result":null,"success":false,"message":"返回数据为空","code":9201}"#)

    private static func page(_ rows: String..., pages: Int = 1) -> ReplayServer.Reply {
        .init(
            #"{"result":{"pages":\#(pages),"data":[\#(rows.joined(separator: ","))],"count":1},"success":true,"code":0}"#
        )
    }

    private static func report(_ end: String, _ published: String, eps: String) -> String {
        let day = published == "null" ? published : "\"\(published) 00:00:00\""
        return
            #"{"SECURITY_CODE":"600519","REPORT_DATE":"\#(end) 00:00:00","NOTICE_DATE":\#(day),"EPSJB":\#(eps),"ROEJQ":12.5,"BPS":null}"#
    }

    private func fetch(
        _ server: ReplayServer, _ options: [String: ConfigurationValue] = [:]
    ) async throws -> (figures: [Figure], defects: [Defect]) {
        let reply = try await akshare(server, options).fetch(FetchRequest(.figure, ["600519.SH"]))
        return (try reply.events(Figure.self), reply.defects)
    }

    @Test func aReportCountsFromTheEndOfTheDayItBecamePublic() async throws {
        let server = try ReplayServer(
            .init(Self.reports, Self.page(Self.report("2023-12-31", "2024-04-03", eps: "59.49"))),
            .init(Self.valuations, Self.nothing))
        let (figures, defects) = try await fetch(server)
        #expect(figures.map(\.name.description) == ["eps", "return_on_equity"] && defects.isEmpty)
        #expect(figures.map(\.value) == [59.49, 0.125])
        // Midnight after 2024-04-03 and after 2023-12-31 in Shanghai.
        #expect(Set(figures.map(\.time)) == [1_712_160_000 * Self.second])
        #expect(Set(figures.map(\.periodEnd)) == [1_704_038_400 * Self.second])
        let asked = try server.asked()
        #expect(asked.map(\.path) == [Self.reports, Self.valuations])
        #expect(asked[0].query("filter") == #"(SECUCODE="600519.SH")"# && asked[0].query("st") == "REPORT_DATE")
        #expect(asked[1].query("filter") == #"(SECURITY_CODE="600519")"#)
    }

    @Test func oneWithoutADayCountsFromTheDeadlineOrIsRefused() async throws {
        let page = Self.page(Self.report("2024-03-31", "null", eps: "1"))
        let server = try ReplayServer(.init(Self.reports, page), .init(Self.valuations, Self.nothing))
        let (figures, _) = try await fetch(server)
        // 30 April 2024.
        #expect(figures.allSatisfy { $0.time == 1_714_492_800 * Self.second && $0.flags == .suspect })
        #expect(figures.count == 2)
        let refused = try await fetch(server, ["undated": .text("refuse")])
        #expect(refused.figures.isEmpty && refused.defects.map(\.reason) == ["undated"])
    }

    @Test func everyPageIsAskedForAndAValuationIsOfItsDay() async throws {
        func day(_ date: String, _ ratio: String, code: String = "600519") -> String {
            #"{"SECURITY_CODE":"\#(code)","TRADE_DATE":"\#(date) 00:00:00","PE_TTM":\#(ratio),"PB_MRQ":"-"}"#
        }
        let server = try ReplayServer(
            .init(
                Self.valuations, query: ["pageNumber": "1"],
                Self.page(day("2024-01-05", "31.5"), day("x", "1"), pages: 2)),
            .init(
                Self.valuations, query: ["pageNumber": "2"],
                Self.page(day("2024-01-04", "30.5"), day("2024-01-03", "9", code: "000001"), pages: 2)))
        let (figures, defects) = try await fetch(server, ["reports": .list([.text("valuation")])])
        #expect(figures.map(\.value) == [30.5, 31.5])
        // Midnight after 2024-01-04 and after 2024-01-05 in Shanghai.
        #expect(figures.map(\.time) == [1_704_384_000 * Self.second, 1_704_470_400 * Self.second])
        #expect(figures.allSatisfy { $0.time == $0.periodEnd && $0.name.description == "price_to_earnings_ttm" })
        #expect(
            defects.map(\.reason) == ["unreadable_number", "unreadable_time", "unreadable_number", "wrong_symbol"])
    }

    @Test func whatIsNoAnswerHasAClass() async throws {
        let cases: [(ReplayServer.Reply, [String: ConfigurationValue], PluginError.Code)] = [
            (Self.nothing, [:], .noData), (.init("<html>"), [:], .malformed), (.init("{}"), [:], .malformed),
            (.init(fault: "close"), [:], .banned), (.init("", status: 429), [:], .rateLimited),
            (Self.nothing, only("tencent"), .badRequest),
        ]
        for (reply, options, code) in cases {
            let server = try ReplayServer(.any(reply))
            let error = await fault { try await fetch(server, options) }
            #expect(error?.code == code, "\(error?.message ?? "")")
        }
    }

    @Test(.enabled(if: Repository.hasAnswers, "../shared/providers/fixtures is not there"))
    func whatEastmoneySentIsRead() async throws {
        let folder = "\(Repository.answers)/eastmoney"
        let server = try ReplayServer(
            .init(Self.reports, .init(file: "\(folder)/datacenter_mainfinadata_000338.json")),
            .init(Self.valuations, Self.nothing))
        let reply = try await akshare(server).fetch(FetchRequest(.figure, ["000338.SZ"]))
        let first = try reply.events(Figure.self).filter { $0.periodEnd == 1_585_670_400 * Self.second }
        let values = Dictionary(uniqueKeysWithValues: first.map { ($0.name.description, $0.value) })
        #expect(values["eps"] == 0.26 && values["revenue"] == 39_000_000_000)
        #expect(abs((values["gross_margin"] ?? 0) - 0.2244) < 1e-12)
        #expect(reply.defects.isEmpty, "\(reply.defects)")
        let other = try ReplayServer(
            .init(Self.reports, Self.nothing),
            .init(Self.valuations, .init(file: "\(folder)/datacenter_value_300766.json")))
        let valuation = try await akshare(other).fetch(FetchRequest(.figure, ["300766.SZ"])).events(Figure.self)
        #expect(valuation.map(\.name.description) == ["price_to_sales_ttm", "price_to_cash_flow_ttm"])
        #expect(Set(valuation.map(\.value)) == [12.847406, -124.564872])
    }
}
