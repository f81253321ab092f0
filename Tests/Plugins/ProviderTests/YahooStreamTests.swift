import Foundation
import PluginKit
import TestSupport
import Testing

@testable import YahooProvider

/// Yahoo's streamer, from a server of this machine.
struct YahooStreamTests {
    /// A `PricingData` as protobuf has it.
    private struct Pricing {
        var symbol = "AAPL"
        var floats: [(field: Int, value: Float)] = []
        var zigzags: [(field: Int, value: Int)] = []
        var texts: [(field: Int, value: String)] = []

        var bytes: [UInt8] {
            var bytes: [UInt8] = []
            let named: [(field: Int, value: String)] = [(field: 1, value: symbol)] + texts
            for (field, text) in named {
                bytes += varint(field << 3 | 2)
                bytes += varint(text.utf8.count)
                bytes += Array(text.utf8)
            }
            for (field, value) in floats {
                bytes += varint(field << 3 | 5)
                for shift in stride(from: UInt32(0), to: 32, by: 8) {
                    bytes.append(UInt8(truncatingIfNeeded: value.bitPattern >> shift))
                }
            }
            for (field, value) in zigzags {
                bytes += varint(field << 3)
                bytes += varint((value << 1) ^ (value >> 63))
            }
            return bytes
        }

        private func varint(_ value: Int) -> [UInt8] {
            var rest = UInt64(bitPattern: Int64(value))
            var bytes: [UInt8] = []
            while rest >= 0x80 {
                bytes.append(UInt8(rest & 0x7F) | 0x80)
                rest >>= 7
            }
            return bytes + [UInt8(rest)]
        }

        var message: ReplayServer.Step {
            .send(#"{"type":"pricing","message":"\#(Data(bytes).base64EncodedString())"}"#)
        }
    }

    private static let time = 1_788_377_229_000

    private func yahoo(_ server: ReplayServer) throws -> Yahoo {
        try instance(
            Yahoo.self,
            [
                "base_url": .text(server.url), "stream_url": .text(server.socketURL + "/?version=2"),
                "reconnect_for": .duration(.seconds(600)),
            ])
    }

    @Test func aPricingIsReadAndNoiseIsNot() throws {
        let pricing = Pricing(
            floats: [(2, 24.535), (8, 4.6), (25, 24.54)], zigzags: [(3, Self.time), (9, 6_719_763), (6, -3), (27, 2)],
            texts: [(5, "NMS"), (4, "USD")])
        let read = try #require(YahooPricing(pricing.bytes))
        #expect((read.symbol, read.price, read.ask, read.bid) == ("AAPL", 24.535, 24.54, 0))
        #expect((read.time, read.dayVolume, read.currency) == (Int64(Self.time), 6_719_763, "USD"))
        for cut in 1..<6 { #expect(YahooPricing(Array(pricing.bytes.prefix(cut))) == nil) }
        var generator = SeededGenerator(seed: 5)
        for _ in 0..<3_000 {
            _ = YahooPricing((0..<30).map { _ in UInt8.random(in: 0...255, using: &generator) })
        }
    }

    @Test(.enabled(if: Repository.hasAnswers, "no ../shared/providers/fixtures here"))
    func aFrameThatYahooSentIsRead() throws {
        let text = try String(contentsOfFile: "\(Repository.answers)/yahoo/stream_frames.ndjson", encoding: .utf8)
        let inner = try #require(text.split(separator: "\"message\":\"").last?.split(separator: "\"").first)
        let bytes = [UInt8](try #require(Data(base64Encoded: String(inner))))
        let read = try #require(YahooPricing(bytes))
        #expect((read.symbol, read.price, read.time) == ("DKNG", 24.535, Int64(Self.time)))
        #expect(read.dayVolume == 6_719_763)
    }

    @Test func tradesArePushedAndThePenceOfLondonArePounds() async throws {
        let chart = #"{"chart":{"result":[{"meta":{"currency":"GBp"}}],"error":null}}"#
        let london = Pricing(symbol: "VOD.L", floats: [(2, 7_250)], zigzags: [(3, Self.time), (22, 40)])
        let server = try ReplayServer(
            .init("/v8/finance/chart/VOD.L", .init(chart)),
            .any(
                .socket(
                    .expect("subscribe"),
                    Pricing(floats: [(2, 10)], zigzags: [(3, Self.time), (9, 1_000)]).message,
                    Pricing(floats: [(2, 10.5)], zigzags: [(3, Self.time + 1), (9, 1_300)]).message,
                    Pricing(floats: [(2, 10.5)], zigzags: [(3, Self.time + 2), (9, 1_300)]).message, .send("%%%"),
                    london.message, .reset),
                .socket(
                    .expect("subscribe"), Pricing(symbol: "MSFT", floats: [(2, 1)], zigzags: [(3, Self.time)]).message,
                    Pricing(floats: [(2, 11)], zigzags: [(3, Self.time + 9), (9, 1_400)]).message)))
        let pushes = Pushes(until: 3)
        let error = try await pushes.run(try yahoo(server), .trade, ["AAPL.US", "VOD.UK"])
        #expect(error?.code == .cancelled, "\(error?.message ?? "")")
        let trades = pushes.events(Trade.self)
        #expect(trades.map { [$0.price, $0.size] } == [[10.5, 300], [72.5, 40], [11, 100]])
        #expect(trades.map(\.instrument.rawValue) == [0, 1, 0])
        #expect(trades[0].time == Int64(Self.time + 1) * 1_000_000)
        #expect(pushes.defects.map(\.reason) == ["unreadable_message", "gap"])
        let said = try server.asked().filter { $0.method == "SOCKET" }.map(\.body)
        // Once a connection; a starved machine may take one more.
        #expect(said.count >= 2 && Set(said) == [#"{"subscribe":["AAPL","VOD.L"]}"#], "\(said)")
        #expect(try server.asked().contains { $0.method == "GET" && $0.query("version") == "2" })
    }

    @Test func quotesArePushedWhereThereIsABidOrAnAsk() async throws {
        let server = try ReplayServer(
            .any(
                .socket(
                    .expect("subscribe"), Pricing(floats: [(2, 10)], zigzags: [(3, Self.time)]).message,
                    Pricing(floats: [(23, 9.5), (25, 10.5)], zigzags: [(3, Self.time), (24, 3), (26, 4)]).message,
                    Pricing(floats: [(25, 10.5)], zigzags: [(3, Self.time + 1), (26, 4)]).message)))
        let pushes = Pushes(until: 2)
        _ = try await pushes.run(try yahoo(server), .quote, ["AAPL.US"])
        let quotes = pushes.events(Quote.self)
        #expect([quotes[0].bid, quotes[0].ask, quotes[0].bidSize, quotes[0].askSize] == [9.5, 10.5, 3, 4])
        #expect(quotes[1].bid.isNaN && quotes[1].ask == 10.5)
        let wrong = try await Pushes().run(try yahoo(server), .quote, ["AAPL.US"], after: "trade")
        #expect(wrong?.code == .badRequest)
    }
}
