import Foundation
import Glibc
import TestSupport
import Testing

/// Limits of requests beyond the end of a process: counted at the source.
@Suite struct RequestLimitTests {
    private static let bars = "time,open,high,low,close,volume\n2026-01-05,10,11,9,10,100\n2026-01-06,10,12,9,11,100\n"

    private func manifest(_ server: ReplayServer, limits: String) -> String {
        """
        version: 1
        host: { listen: 127.0.0.1:0, state: var }
        instruments: { us: [AAPL] }
        providers:
          a: { plugin: http_table, url: "\(server.url)/a?s={symbol}", format: csv, limits: \(limits) }
          b: { plugin: http_table, url: "\(server.url)/b?s={symbol}", format: csv }
        routes:
          daily: { from: [a, b], poll: 1s }
        sinks:
          out: { plugin: ndjson, path: out, records: [bars] }
        pipelines:
          main: { instruments: [us], route: daily, indicators: [], models: [] }
        """
    }

    /// Each run is killed once the limit holds; what the source was asked in all says whether it held.
    @Test(arguments: [("{ per_day: 3 }", 3), ("{ per_minute: 2 }", 2)])
    func killedRunsAskNoMoreThanOne(limits: String, most: Int) async throws {
        let server = try ReplayServer(.any(.init(Self.bars)))
        try await Sandbox.empty { box in
            try box.write(manifest(server, limits: limits), to: "plugins.yaml")
            let start = Date.now.timeIntervalSince1970
            for _ in 0..<3 {
                let service = try await box.service()
                try await eventually("the limit holds", or: { service.child.trace }) {
                    let standing = try JSON(parsing: try await box.run("providers", "--json").out).items[0]
                    return standing["message"].text?.contains("its 'limits' allow no request") == true ? true : nil
                }
                #expect(try await service.stop(SIGKILL) != 0)
            }
            let asked = try server.asked().filter { $0.path.hasPrefix("/a") }.count
            // What the time that the test took gave back: a day's worth at midnight, or a share of a minute's.
            let end = Date.now.timeIntervalSince1970
            let shares =
                limits.contains("per_day")
                ? (end / 86_400).rounded(.down) - (start / 86_400).rounded(.down) : (end - start) / 60
            let allowed = Int(Double(most) * (1 + shares))
            #expect((most...allowed).contains(asked), "\(asked) requests in \(end - start) s")
        }
    }

    /// What a command asks counts like what the host asks, before it runs, beside it and after it.
    @Test func commandsAndTheHostShareTheLimits() async throws {
        let server = try ReplayServer(.any(.init(Self.bars)))
        try await Sandbox.empty { box in
            let text = manifest(server, limits: "{ per_day: 3 }").replacing("poll: 1s", with: "poll: 1h")
            try box.write(text, to: "plugins.yaml")
            let day = Self.today
            #expect(try await fetched(box) == ["a: taken"])
            let service = try await box.service()
            #expect(try await fetched(box) == ["a: taken"])
            for _ in 0..<2 { #expect(try await fetched(box) == ["a: rate_limited", "b: taken"]) }
            let probe = try JSON(parsing: try await box.run("providers", "probe", "--json").out)
            #expect(probe.items.map { $0["outcome"].text } == ["rate_limited", "taken"], "\(probe)")
            #expect(probe.items[0]["message"].text?.contains("'limits' allow no request") == true, "\(probe)")
            #expect(try await service.stop() == 0)
            #expect(try await fetched(box) == ["a: rate_limited", "b: taken"])
            let asked = try server.asked().filter { $0.path.hasPrefix("/a") }.count
            #expect(asked == 3 || day != Self.today, "\(asked) requests")
        }
    }

    private static var today: Double { (Date.now.timeIntervalSince1970 / 86_400).rounded(.down) }

    private func fetched(_ box: Sandbox) async throws -> [String] {
        let run = try await box.run("fetch", "AAPL", "--json")
        guard run.code == 0 else { throw Failure("\(run)") }
        return try JSON(parsing: run.out)["attempts"].items.map {
            "\($0["provider"].text ?? ""): \($0["outcome"].text ?? "")"
        }
    }
}
