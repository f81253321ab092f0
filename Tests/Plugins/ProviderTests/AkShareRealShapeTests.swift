import AkShareProvider
import PluginKit
import TestSupport
import Testing

/// The sources of `akshare` as they answer.
@Suite(.enabled(if: Repository.hasAnswers, "../shared/providers/fixtures is not there"))
struct AkShareRealShapeTests {
    private static let second: Int64 = 1_000_000_000

    private func bars(
        _ file: String, _ name: String, _ options: [String: ConfigurationValue],
        _ timeframe: Timeframe = Timeframe(1, .day)
    ) async throws -> [Bar] {
        let server = try ReplayServer(.any(ReplayServer.Reply(file: "\(Repository.answers)/\(file)")))
        return try await akshare(server, options).fetch(FetchRequest(.bar, [name], timeframe)).events(Bar.self)
    }

    private func book(
        _ file: String, _ name: String, _ options: [String: ConfigurationValue]
    ) async throws -> OrderBook {
        let server = try ReplayServer(.any(ReplayServer.Reply(file: "\(Repository.answers)/\(file)")))
        let provider = try akshare(server, options)
        let books = try await provider.fetch(FetchRequest(.orderBook, [name])).events(OrderBook.self)
        let quotes = try await provider.fetch(FetchRequest(.quote, [name])).events(Quote.self)
        let book = try #require(books.first)
        #expect(quotes.map(\.bid) == [book.bids[0].price] && quotes.map(\.askSize) == [book.asks[0].size])
        return book
    }

    private func code(
        _ file: String, _ kind: EventKind, _ name: String, _ options: [String: ConfigurationValue], status: Int = 200
    ) async throws -> PluginError.Code? {
        let reply = ReplayServer.Reply(file: "\(Repository.answers)/\(file)").with { $0.status = status }
        let server = try ReplayServer(.any(reply))
        let provider = try akshare(server, options)
        return await fault { try await provider.fetch(FetchRequest(kind, [name])) }?.code
    }

    @Test func eastmoneyBars() async throws {
        let bars = try await bars("eastmoney/kline_601872_recorded.json", "601872.SH", only("eastmoney"))
        let first = try #require(bars.first)
        // 2024-12-18, 15:00 in Shanghai; open, close, high, low in the row; lots.
        #expect(first.time == 1_734_505_200 * Self.second && bars.count == 7)
        #expect((first.open, first.close, first.high, first.low) == (6.11, 6.18, 6.28, 6.10))
        #expect((first.volume, first.amount) == (84_274_300, 542_829_495))
    }

    @Test func eastmoneyBarsOfAnIndexWithFewerColumns() async throws {
        let bars = try await bars("eastmoney/kline_000300_recorded.json", "000300.SH", only("eastmoney"))
        #expect(bars.map(\.close) == [4_340.76, 4_345.21, 4_357.62])
        #expect(bars.first?.volume == 17_127_737_300)
        #expect(bars.first?.time == 1_790_578_800 * Self.second)
    }

    @Test func eastmoneyMinutesBeginWithTheAuction() async throws {
        let bars = try await bars(
            "eastmoney/trends2_000001.json", "000001.SZ", only("eastmoney"), Timeframe(1, .minute))
        #expect(bars.map(\.time) == (0..<5).map { (1_710_898_200 + $0 * 60) * Self.second })
        #expect(bars[1].high == 10.40 && bars[1].low == 10.38 && bars[1].volume == 1_296_700)
    }

    @Test func eastmoneyBook() async throws {
        let book = try await book("eastmoney/stock_get_600000_fltt2_recorded.json", "600000.SH", only("eastmoney"))
        #expect(book.time == 1_644_566_391 * Self.second)
        #expect(book.bids.map(\.price) == [8.73, 8.72, 8.71, 8.7, 8.69])
        #expect(book.bids.map(\.size) == [355_300, 484_100, 140_600, 642_900, 164_400])
        #expect(book.asks.map(\.price) == [8.74, 8.75, 8.76, 8.77, 8.78])
        #expect(book.asks.map(\.size) == [853_100, 1_041_300, 1_118_900, 568_100, 754_600])
    }

    @Test func eastmoneyWithoutData() async throws {
        let unknown = try await code("eastmoney/kline_no_data.json", .bar, "600519.SH", only("eastmoney"))
        #expect(unknown == .notFound)
        let empty = try await code("eastmoney/kline_empty_list_recorded.json", .bar, "000300.SH", only("eastmoney"))
        #expect(empty == .noData)
        let other = try await code("eastmoney/kline_601872_recorded.json", .bar, "600519.SH", only("eastmoney"))
        #expect(other == .malformed)
    }

    @Test func sinaBars() async throws {
        let bars = try await bars("sina/getKLineData_sz000338_5m.txt", "000338.SZ", only("sina"), Timeframe(5, .minute))
        let first = try #require(bars.first)
        #expect(first.time == 1_592_373_900 * Self.second && bars.count == 12)
        #expect((first.open, first.high, first.low, first.close) == (13.33, 13.35, 13.32, 13.33))
        #expect((first.volume, first.amount) == (945_800, 12_609_532))
    }

    @Test func sinaBook() async throws {
        let book = try await book("sina/hq_two_recorded_gbk.txt", "000001.SZ", only("sina"))
        #expect(book.time == 1_788_507_360 * Self.second)
        #expect(book.bids.map(\.price) == [11.89, 11.88, 11.87, 11.86, 11.85])
        #expect(book.bids.map(\.size) == [90_800, 103_800, 272_000, 503_100, 424_000])
        #expect(book.asks.map(\.price) == [11.9, 11.91, 11.92, 11.93, 11.94])
        #expect(book.asks.map(\.size) == [108_800, 186_600, 327_700, 244_900, 431_300])
        let other = try await self.book("sina/hq_two_recorded_gbk.txt", "600000.SH", only("sina"))
        #expect(other.bids.first?.price == 9.42)
    }

    @Test func sinaWithoutData() async throws {
        #expect(try await code("sina/hq_null_gbk.txt", .quote, "688999.SH", only("sina")) == .notFound)
        #expect(try await code("sina/forbidden.txt", .quote, "600000.SH", only("sina"), status: 403) == .permission)
        #expect(try await code("sina/forbidden.txt", .quote, "600000.SH", only("sina")) == .malformed)
    }

    @Test func tencentBars() async throws {
        let qfq = only("tencent").merging(["adjust": .text("qfq")]) { _, new in new }
        let bars = try await bars("tencent/fqkline_sh601166_recorded.json", "601166.SH", qfq)
        let last = try #require(bars.last)
        #expect(last.time == 1_768_374_000 * Self.second && bars.count == 4)
        #expect((last.open, last.close, last.high, last.low) == (20.97, 21.13, 21.18, 20.84))
        #expect(last.volume == 42_439_300 && last.amount.isNaN)
        let newer = try await self.bars("tencent/newfqkline_var.txt", "000001.SZ", qfq)
        #expect(newer.map(\.amount) == [1_680_340_000] && newer.map(\.volume) == [146_300_000])
    }

    @Test func tencentBook() async throws {
        let book = try await book("tencent/qt_two_recorded_gbk.txt", "000001.SZ", only("tencent"))
        #expect(book.time == 1_569_829_203 * Self.second)
        #expect(book.bids.map(\.price) == [15.58, 15.57, 15.56, 15.55, 15.54])
        #expect(book.bids.map(\.size) == [236_500, 80_200, 185_500, 231_600, 32_000])
        #expect(book.asks.map(\.price) == [15.59, 15.6, 15.61, 15.62, 15.63])
        #expect(book.asks.first?.size == 66_100)
        #expect(try await code("tencent/qt_none_recorded.txt", .quote, "600000.SH", only("tencent")) == .notFound)
    }

    @Test func aktools() async throws {
        let mode: [String: ConfigurationValue] = ["mode": .text("aktools")]
        let bars = try await bars("aktools/stock_zh_a_hist_000001.json", "000001.SZ", mode)
        let first = try #require(bars.first)
        #expect(first.time == 1_488_351_600 * Self.second && bars.count == 2)
        #expect((first.open, first.close, first.high, first.low) == (9.49, 9.49, 9.55, 9.47))
        #expect((first.volume, first.amount) == (34_699_400, 330_207_000))
        let book = try await book("aktools/stock_bid_ask_em_000001.json", "000001.SZ", mode)
        #expect(book.bids.map(\.price) == [10.44, 10.43, 10.42, 10.41, 10.4])
        #expect(book.asks.map(\.size) == [233_900, 1_608_400, 1_489_100, 1_035_700, 1_147_100])
        let unknown = try await code("aktools/error_404_unknown.json", .bar, "000001.SZ", mode, status: 404)
        #expect(unknown == .configuration)
        #expect(try await code("aktools/error_500.txt", .bar, "000001.SZ", mode, status: 500) == .transient)
    }
}
