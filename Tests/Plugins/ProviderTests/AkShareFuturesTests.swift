import AkShareProvider
import PluginKit
import TestSupport
import Testing

/// Days of futures from Sina, asked as AkShare's `futures_zh_daily_sina`; bodies made for the test.
struct AkShareFuturesTests {
    private static let second: Int64 = 1_000_000_000

    /// Five days of a contract, oldest first as Sina has them.
    private static func reply(_ closes: [Double], _ volumes: [Int], _ interests: [Int]) -> ReplayServer.Reply {
        let rows = closes.indices.map { place in
            let close = closes[place]
            return
                #"{"d":"2024-01-0\#(place + 2)","o":"\#(close)","h":"\#(close + 1)","l":"\#(close - 1)","c":"\#(close)","v":"\#(volumes[place])","p":"\#(interests[place])","s":"0"}"#
        }
        return .init("/*<script>location.href='//sina.com';</script>*/\nvar _=([\(rows.joined(separator: ","))]);")
    }

    private static let nothing = ReplayServer.Reply(
        "/*<script>location.href='//sina.com';</script>*/\nvar _=(null);")

    private static func server(_ closes: [Double] = [100, 101, 102, 103, 104]) throws -> ReplayServer {
        func route(_ symbol: String, _ reply: ReplayServer.Reply) -> ReplayServer.Route {
            .init(".*getDailyKLine", query: ["symbol": symbol], reply)
        }
        let server = try ReplayServer(.any(nothing))
        try server.take([
            route("RB2405", reply(closes, [900, 800, 100, 100, 100], [90, 80, 70, 10, 10])),
            route("RB2410", reply(closes.map { $0 + 10 }, [100, 200, 700, 700, 50], [10, 20, 60, 80, 80])),
            route("RB0", reply(closes.map { $0 + 1 }, [1, 1, 1, 1, 1], [1, 1, 1, 1, 1])), .any(nothing),
        ])
        return server
    }

    /// The first days of 2024, in Shanghai.
    private static let range = (1_704_096_000 * second)...(1_704_556_800 * second)

    private func bars(
        _ server: ReplayServer, _ name: String, _ options: [String: ConfigurationValue] = [:]
    ) async throws -> [Bar] {
        try await akshare(server, options).fetch(FetchRequest(.bar, [name], range: Self.range)).events(Bar.self)
    }

    @Test func aContractAndSinasOwnSeriesHaveTheirBars() async throws {
        let server = try Self.server()
        let contract = try await bars(server, "RB2405.SHFE")
        #expect(contract.map(\.close) == [100, 101, 102, 103, 104] && contract.map(\.volume).first == 900)
        // 2024-01-02, 15:00 in Shanghai.
        #expect(contract.first?.time == 1_704_178_800 * Self.second && contract.allSatisfy(\.amount.isNaN))
        #expect(try await bars(server, "RB.SHFE").map(\.close) == [101, 102, 103, 104, 105])
        let asked = try server.asked()
        #expect(asked.map { $0.query("symbol") } == ["RB2405", "RB0"])
        #expect(asked.allSatisfy { $0.header("Referer") == "https://finance.sina.com.cn/" })
    }

    @Test(
        arguments: [
            ("volume", "none", [101.0, 102, 113, 114]), ("volume", "ratio", [101 * 112 / 102.0, 112, 113, 114]),
            ("open_interest", "difference", [111.0, 112, 113, 114]),
        ] as [(String, String, [Double])])
    func aProductIsTheMainContractOfTheDayBefore(rule: String, adjust: String, closes: [Double]) async throws {
        let server = try Self.server()
        let bars = try await bars(server, "RB.SHFE", ["roll": .text(rule), "roll_adjust": .text(adjust)])
        #expect(zip(bars.map(\.close), closes).allSatisfy { abs($0 - $1) < 1e-9 } && bars.count == 4, "\(bars)")
    }

    @Test func pricesBelowZeroHaveADifferenceAndNoRatio() async throws {
        let closes: [Double] = [2, 1, -1, -2, -37]
        let error = await #expect(throws: PluginError.self) {
            _ = try await bars(
                Self.server(closes), "RB.SHFE", ["roll": .text("volume"), "roll_adjust": .text("ratio")])
        }
        #expect(error?.message.contains("Set 'roll_adjust' to difference") == true)
        let moved = try await bars(
            Self.server(closes), "RB.SHFE", ["roll": .text("volume"), "roll_adjust": .text("difference")])
        #expect(moved.map(\.close) == [11, 9, 8, -27])
    }

    @Test func whatSinaDoesNotKnowIsNotFoundAndMinutesAreNotThere() async throws {
        let server = try Self.server()
        let unknown = await #expect(throws: PluginError.self) { _ = try await bars(server, "RB9912.SHFE") }
        #expect(unknown?.code == .notFound)
        let minutes = await #expect(throws: PluginError.self) {
            _ = try await akshare(server).fetch(FetchRequest(.bar, ["RB2405.SHFE"], Timeframe(5, .minute)))
        }
        #expect(minutes?.code == .badRequest)
        let other = await #expect(throws: PluginError.self) {
            _ = try await bars(server, "RB2405.SHFE", only("tencent"))
        }
        #expect(other?.message.contains("Add it to 'sources'") == true)
    }
}
