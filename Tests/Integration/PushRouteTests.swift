import TestSupport
import Testing

/// A provider that pushes in a route with one that is asked: killed, garbled and silenced by a server of this machine.
@Suite struct PushRouteTests {
    private static let start = 1_704_067_200

    private func manifest(_ server: ReplayServer) -> String {
        """
        version: 1
        host: { listen: 127.0.0.1:0, state: var }
        instruments: { coins: [BTCUSDT.BINANCE] }
        providers:
          live: { plugin: binance, base_url: "\(server.url)", stream_url: "\(server.socketURL)", reconnect_for: 0s }
          spare: { plugin: http_table, url: "\(server.url)/spare?s={symbol}", format: csv, time_format: epoch_s }
        routes:
          minutes: { from: [live, spare], silence: 2s }
        sinks:
          out: { plugin: ndjson, path: out, records: [bars] }
        pipelines:
          main: { instruments: [coins], route: minutes, timeframe: 1m, indicators: [], models: [] }
        """
    }

    /// Minutes as the spare source has them.
    private func spare(_ minutes: Range<Int>) -> ReplayServer.Route {
        let rows = minutes.map { "\(Self.start + 60 * ($0 + 1)),1,2,0.5,1,\($0)\n" }
        return .init("/spare", .init("time,open,high,low,close,volume\n\(rows.joined())"))
    }

    /// Minutes as Binance answers them.
    private func asked(_ minutes: Range<Int>) -> ReplayServer.Route {
        let rows = minutes.map { minute in
            let start = (Self.start + 60 * minute) * 1_000
            return #"[\#(start),"1","2","0.5","1","\#(minute)",\#(start + 59_999),"4",7,"1","2","0"]"#
        }
        return .init("/api/v3/klines", .init("[\(rows.joined(separator: ","))]"))
    }

    /// The stream, with what it does once it is subscribed.
    private func stream(_ steps: ReplayServer.Step...) -> ReplayServer.Route {
        .init("/stream", ReplayServer.Reply().with { $0.socket = [.expect("SUBSCRIBE")] + steps })
    }

    /// A minute as the stream tells its end.
    private func pushed(_ minute: Int) -> ReplayServer.Step {
        let start = (Self.start + 60 * minute) * 1_000
        return .send(
            #"{"stream":"btcusdt@kline_1m","data":{"e":"kline","E":1,"s":"BTCUSDT","k":{"t":\#(start),"T":\#(start + 59_999),"s":"BTCUSDT","i":"1m","o":"1","c":"1","h":"2","l":"0.5","v":"\#(minute)","x":true,"q":"4"}}}"#
        )
    }

    @Test func rowsAreNeitherLostNorDoubledWhateverTheStreamDoes() async throws {
        let server = try ReplayServer(asked(0..<3), stream(pushed(3), .hold, .garbage), spare(0..<3))
        try await Sandbox.empty { box in
            try box.write(manifest(server), to: "plugins.yaml")
            let service = try await box.service()
            func rows() throws -> [JSON] {
                // The last line may be half written.
                try JSON.lines(
                    box.text("out/bars.ndjson").split(separator: "\n", omittingEmptySubsequences: false).dropLast()
                        .joined(separator: "\n"))
            }
            /// Waits until there are so many rows, and returns the source of the last.
            func source(_ count: Int) async throws -> JSON {
                try await eventually("\(count) rows are there", or: { service.child.trace }) {
                    try rows().count >= count ? true : nil
                }
                return try #require(try rows().last)["source"]
            }
            /// Waits until the pushing provider is in a state.
            func state(_ state: String, _ words: String = "") async throws {
                try await eventually("the stream is \(state) \(words)", or: { service.child.trace }) {
                    let live = try JSON(parsing: try await box.run("providers", "--json").out).items[0]
                    return live["state"] == .string(state) && "\(live)".contains(words) ? true : nil
                }
            }
            #expect(try await source(4) == .string("live"))
            try await state("ok")
            // Garbage ends the stream, and it is refused when it comes back: the other source is asked.
            try server.take([asked(0..<4), .init("/stream", .init("", status: 503)), spare(0..<5)])
            try server.release()
            #expect(try await source(5) == .string("spare"))
            try await state("degraded", "HTTP 503")
            // It is back with what was missed, then falls silent while the other source goes on.
            try server.take([asked(0..<6), stream(pushed(6), .silent), spare(0..<5)])
            #expect(try await source(7) == .string("live"))
            try server.take([asked(0..<7), stream(.silent), spare(0..<8)])
            #expect(try await source(8) == .string("spare"))
            try await state("degraded", "nothing has come")
            // It lives again, is killed, and goes on behind what it pushed.
            try server.take([asked(0..<9), stream(pushed(9), .reset), spare(0..<8)])
            #expect(try await source(10) == .string("live"))
            #expect(try await service.stop() == 0)
            #expect(try rows().map { $0["volume"].number } == (0..<10).map { Double($0) })
        }
    }
}
