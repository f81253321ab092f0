import TestSupport
import Testing

/// A source that answers requests is asked for what the store lacks of each instrument, and for nothing that it has.
@Suite struct AskedSourceTests {
    private static let bars = "time,open,high,low,close,volume\n2026-01-05,10,11,9,10,100\n2026-01-06,10,12,9,11,100\n"

    private static func manifest(_ symbols: String, _ server: ReplayServer) -> String {
        """
        version: 1
        host: { listen: 127.0.0.1:0, state: var }
        instruments: { us: [\(symbols)] }
        providers:
          source: { plugin: http_table, url: "\(server.url)/bars?s={symbol}&from={from}", format: csv, columns: { time: time } }
        routes: { daily: { from: [source] } }
        sinks: { out: { plugin: csv, path: out, records: [bars] } }
        pipelines: { main: { instruments: [us], route: daily, indicators: [], models: [] } }
        """
    }

    /// Runs once; returns the first day each symbol was asked for, and the symbols of the rows that the sink was given.
    private static func run(
        _ symbols: String, _ server: ReplayServer, _ box: Sandbox
    ) async throws -> (asked: [String: String], rows: [String]) {
        try server.take([.any(.init(bars))])
        let before = box.text("out/bars.csv").split(separator: "\n").count
        try box.write(manifest(symbols, server), to: "plugins.yaml")
        let run = try await box.run("run", "--once")
        #expect(run.code == 0, "\(run.err)")
        let asked = try server.asked().map { ($0.query("s") ?? "", $0.query("from") ?? "") }
        let rows = box.text("out/bars.csv").split(separator: "\n").dropFirst(max(before, 1))
        let symbols = rows.map { row in row.contains("AAPL") ? "AAPL" : row.contains("MSFT") ? "MSFT" : String(row) }
        return (Dictionary(asked, uniquingKeysWith: min), symbols)
    }

    @Test func aRestartAsksForNothingItHasAndAnAddedSymbolForItsOwnHistory() async throws {
        let server = try ReplayServer(.any(.init(Self.bars)))
        try await Sandbox.empty { box in
            let first = try await Self.run("AAPL", server, box)
            #expect(first.rows == ["AAPL", "AAPL"])
            let beginning = try #require(first.asked["AAPL"])
            #expect(beginning < "2000")

            // Of the last bar on: a request begins one day early, since sources may date a bar by its start.
            let again = try await Self.run("AAPL", server, box)
            #expect(again.rows.isEmpty && again.asked.allSatisfy { $0.value >= "2026-01-05" }, "\(again.asked)")

            let more = try await Self.run("AAPL, MSFT", server, box)
            #expect(more.rows == ["MSFT", "MSFT"])
            #expect(more.asked["MSFT"] == beginning, "\(more.asked)")
            #expect(try #require(more.asked["AAPL"]) >= "2026-01-05", "\(more.asked)")
        }
    }
}
