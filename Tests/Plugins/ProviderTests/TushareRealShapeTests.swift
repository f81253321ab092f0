import PluginKit
import TestSupport
import Testing
import TushareProvider

/// Tushare as it answers.
@Suite(.enabled(if: Repository.hasAnswers, "../shared/providers/fixtures is not there"))
struct TushareRealShapeTests {
    private static let second: Int64 = 1_000_000_000

    private func reply(
        _ file: String, _ kind: EventKind, _ name: String, _ options: [String: ConfigurationValue] = [:]
    ) async throws -> Reply {
        let server = try ReplayServer(.any(ReplayServer.Reply(file: "\(Repository.answers)/tushare/\(file)")))
        var values: [String: ConfigurationValue] = ["base_url": .text(server.url), "token": .secret(Secret("token"))]
        values.merge(options) { _, new in new }
        return try await instance(Tushare.self, values).fetch(FetchRequest(kind, [name]))
    }

    @Test func bars() async throws {
        let bars = try await reply("daily_600519.json", .bar, "600519.SH").events(Bar.self)
        let last = try #require(bars.last)
        // 2020-09-07, 15:00 in Shanghai.
        #expect(last.time == 1_599_462_000 * Self.second && bars.count == 6)
        #expect((last.open, last.high, last.low, last.close) == (1_760, 1_777.99, 1_703.97, 1_723.5))
        #expect((last.volume, last.amount) == (3_111_202, 5_446_354_619))
    }

    @Test func figures() async throws {
        let basic = try await reply(
            "daily_basic_20180726.json", .figure, "600465.SH", ["figures": .list([.text("daily_basic")])])
        #expect(try basic.events(Figure.self).map { "\($0.name)=\($0.value)" } == ["price_to_book=2.6"])
        let indicators = try await reply(
            "fina_indicator.json", .figure, "601318.SH", ["figures": .list([.text("fina_indicator")])])
        let figures = try indicators.events(Figure.self)
        // Twelve columns, two of them null; 2020-04-24 and 2020-03-31 in Shanghai.
        #expect(figures.count == 9 && figures.allSatisfy { $0.time == 1_587_744_000 * Self.second })
        #expect(figures.first { "\($0.name)" == "net_income_growth" }?.value == -0.4274)
    }

    @Test func factorThatNeverChangesIsNoFactor() async throws {
        let error = await fault { try await reply("adj_factor_600519.json", .factor, "600519.SH") }
        #expect(error?.code == .noData)
    }

    @Test func errors() async throws {
        let limit = await fault { try await reply("error_40203_rate.json", .bar, "600519.SH") }
        #expect(limit?.code == .rateLimited && limit?.retryAfter == .seconds(3_600))
        #expect(await fault { try await reply("error_40101_token.json", .bar, "600519.SH") }?.code == .auth)
    }
}
