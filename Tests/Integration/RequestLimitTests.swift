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
}
