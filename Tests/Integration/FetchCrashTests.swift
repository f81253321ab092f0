import Glibc
import TestSupport
import Testing

/// A host that is killed while it asks, while an answer is on its way, and while one is stored: nothing is lost or doubled.
@Suite struct FetchCrashTests {
    private static let start = 1_704_067_200

    private func manifest(_ server: ReplayServer) -> String {
        """
        version: 1
        host: { listen: 127.0.0.1:0, state: var }
        instruments: { coins: [BTCUSDT.BINANCE] }
        providers:
          a: { plugin: http_table, url: "\(server.url)/bars?s={symbol}", format: csv, time_format: epoch_s }
        routes:
          minutes: { from: [a], poll: 1s }
        sinks:
          lines: { plugin: ndjson, path: var/lines, records: [bars] }
          keep: { plugin: sqlite, path: var/records.db, records: [bars] }
        pipelines:
          main: { instruments: [coins], route: minutes, timeframe: 1m, indicators: [], models: [] }

        """
    }

    private func bars(_ count: Int) -> String {
        "time,open,high,low,close,volume\n"
            + (1...count).map { "\(Self.start + 60 * $0),1,2,0.5,1,\($0)\n" }.joined()
    }

    @Test func killedFetchesLoseAndDoubleNothing() async throws {
        let server = try ReplayServer(.any(.init(bars(4_000))))
        try await Sandbox.empty { box in
            try box.write(manifest(server), to: "plugins.yaml")
            for lines in [0, 900, 2_500] {
                let child = try box.start(["run", "--listen", "127.0.0.1:0"])
                try await box.kill(child, once: "var/lines/bars.ndjson", has: lines)
            }
            // The question is out, and nothing has come.
            try server.take([.any(ReplayServer.Reply(bars(5_000)).with { $0.hold = true })])
            let asking = try box.start(["run", "--listen", "127.0.0.1:0"])
            try await eventually("it asks", or: { asking.trace }) { try server.asked().isEmpty ? nil : true }
            asking.signal(SIGKILL)
            #expect(try await asking.exitCode() == -SIGKILL)
            // Half of the answer is there: it comes slowly, and the process ends meanwhile.
            try server.release()
            try server.take([.any(ReplayServer.Reply(bars(5_000)).with { $0.drip = 0.05 })])
            let reading = try box.start(["run", "--listen", "127.0.0.1:0"])
            try await eventually("it asks again", or: { reading.trace }) { try server.asked().isEmpty ? nil : true }
            reading.signal(SIGKILL)
            #expect(try await reading.exitCode() == -SIGKILL)
            try server.take([.any(.init(bars(5_000)))])
            let service = try await box.service()
            try await eventually("all is delivered", or: { service.child.trace }) {
                try Tables.records(box).count("bars") >= 5_000 ? true : nil
            }
            #expect(try await service.stop() == 0)
            #expect(try Tables.records(box).count("bars") == 5_000)
            let state = Tables.state(box)
            #expect(try state.count("bars") == 5_000 && state.number("SELECT max(version) FROM bars") == 1)
            #expect(try state.number("SELECT sum(volume) FROM bars") == 5_000 * 5_001 / 2)
            let times = Set(try JSON.lines(box.text("var/lines/bars.ndjson")).map { $0["time"].text ?? "" })
            #expect(times.count == 5_000, "lines may come twice, and none is missing")
        }
    }
}
