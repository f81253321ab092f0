import FoundationEssentials
import HTTPTableProvider
import PluginKit
import TestSupport
import Testing

/// Sources as they answer, read by the samples of the README.
@Suite(.enabled(if: Repository.hasAnswers, "../shared/providers/fixtures is not there"))
struct HTTPTableRealShapeTests {
    private func bars(
        _ file: String, _ name: String, _ options: [String: ConfigurationValue],
        timeframe: Timeframe = Timeframe(1, .day)
    ) async throws -> [Bar] {
        let server = try ReplayServer(
            .any(query: ["page_token": ".+"], .init(#"{"bars":{},"next_page_token":null}"#)),
            .any(ReplayServer.Reply(file: "\(Repository.answers)/\(file)")))
        let table = try instance(HTTPTable.self, options.merging(["url": .text(server.url + "/")]) { old, _ in old })
        return try await table.fetch(FetchRequest(.bar, [name], timeframe)).events(Bar.self)
    }

    private func columns(_ pairs: String) -> ConfigurationValue {
        .map(
            Dictionary(
                uniqueKeysWithValues: pairs.split(separator: ",").map { pair in
                    let parts = pair.split(separator: "=")
                    return (String(parts[0]), .text(String(parts[1])))
                }))
    }

    private static let second: Int64 = 1_000_000_000

    @Test func polygonAggregates() async throws {
        let bars = try await bars(
            "polygon/aggs_AAPL.json", "AAPL.US",
            [
                "rows": .text("results"), "columns": columns("time=t,open=o,high=h,low=l,close=c,volume=v"),
                "time_format": .text("epoch_ms"), "time_is": .text("start"),
            ])
        // 1112331600000 is 2005-04-01 00:00 in New York; the session ended at 16:00, 21:00 UTC in winter time.
        #expect(bars.map(\.time) == [1_112_389_200 * Self.second, 1_112_644_800 * Self.second])
        #expect(bars.map(\.close) == [1.4604, 1.4675])
        #expect(bars.map(\.volume) == [642_646_396, 578_172_308])
    }

    @Test func alpacaBarsPageByPage() async throws {
        let bars = try await bars(
            "alpaca/bars.json", "AAPL.US",
            [
                "rows": .text("bars/{symbol}"), "columns": columns("time=t,open=o,high=h,low=l,close=c,volume=v"),
                "time_is": .text("start"), "next": .text("next_page_token"), "next_parameter": .text("page_token"),
            ])
        // 2022-02-01, 16:00 in New York.
        #expect(bars.first?.time == 1_643_749_200 * Self.second)
        #expect(bars.map(\.close) == [174.61, 175.84])
    }

    @Test func tushareDaily() async throws {
        let bars = try await bars(
            "tushare/daily_600519.json", "600519.SH",
            [
                "method": .text("post"), "body": .text(#"{"ts_code":"{symbol}"}"#), "rows": .text("data/items"),
                "names": .text("data/fields"), "columns": columns("time=trade_date,volume=vol"),
                "volume_unit": .text("lots"), "amount_unit": .number(1_000),
            ])
        let last = try #require(bars.last)
        // 2020-09-07, 15:00 in Shanghai.
        #expect(last.time == 1_599_462_000 * Self.second)
        #expect((last.open, last.high, last.low, last.close) == (1_760, 1_777.99, 1_703.97, 1_723.5))
        #expect((last.volume, last.amount) == (3_111_202, 5_446_354_619))
    }

    @Test func eastmoneyKlines() async throws {
        let bars = try await bars(
            "eastmoney/kline_601872_recorded.json", "601872.SH",
            [
                "rows": .text("data/klines"), "split": .text(","),
                "columns": columns("time=1,open=2,close=3,high=4,low=5,volume=6,amount=7"),
                "volume_unit": .text("lots"),
            ])
        let first = try #require(bars.first)
        // 2024-12-18, 15:00 in Shanghai.
        #expect(first.time == 1_734_505_200 * Self.second)
        #expect((first.open, first.close, first.high, first.low) == (6.11, 6.18, 6.28, 6.10))
        #expect((first.volume, first.amount) == (84_274_300, 542_829_495))
    }

    @Test func alphaVantageDaily() async throws {
        let bars = try await bars(
            "alphavantage/daily_IBM.json", "IBM.US",
            [
                "rows": .text("Time Series (Daily)"),
                "columns": columns("time=@key,open=1. open,high=2. high,low=3. low,close=4. close,volume=5. volume"),
            ])
        #expect(bars.last?.close == 191.55)
        #expect(bars.map(\.time) == bars.map(\.time).sorted())
    }

    @Test func binanceKlines() async throws {
        let bars = try await bars(
            "binance/klines.json", "BTCUSDT.BINANCE",
            ["columns": columns("time=1,open=2,high=3,low=4,close=5,volume=6,amount=8"), "time_is": .text("start")],
            timeframe: Timeframe(1, .minute))
        #expect(bars.map(\.time) == [1_723_161_300 * Self.second])
        #expect(bars.map(\.amount) == [763_000.12345678])
    }
}
