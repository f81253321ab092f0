import TestSupport
import Testing

/// Real trades, of which up to sixteen share a millisecond: a run that is killed anywhere leaves neither a hole nor a double.
@Suite(.enabled(if: Repository.hasMarket, "needs the market data beside the repository"))
struct TickCrashTests {
    private static func manifest(_ pipeline: String) -> String {
        """
        version: 1
        instruments: { us: [IBM] }
        providers:
          ticks:
            plugin: local_history
            path: \(Repository.market)/lean/tick
            preset: lean
            files: { trade: "{code}_{date}_trade.zip", quote: "{code}_{date}_quote.zip" }
            batch: 7
          days: { plugin: local_history, path: \(Repository.market)/lean/daily, preset: lean, batch: 7 }
        routes: { ticks: { from: [ticks] }, days: { from: [days] } }
        indicators: { sma5: { plugin: sma, period: 5 } }
        sinks:
          lines: { plugin: ndjson, path: var/lines, records: [trades, bars] }
          keep: { plugin: sqlite, path: var/records.db, records: [trades, features, bars] }
        pipelines:
          tape: \(pipeline)

        """
    }

    private static let tape = """
        { instruments: all, kind: trade, route: ticks, inputs: {
              quotes: { kind: quote, max_age: 5s, fields: [bid, ask] },
              days: { kind: bar, route: days, timeframe: 1d, max_age: 5d, fields: [close], indicators: [sma5] } } }
        """

    /// - Parameter kills: rows in the sink at which a run is killed.
    private static func check(_ pipeline: String, _ tables: [String], lines: String, kills: [Int]) async throws {
        try await Sandbox.empty { box in
            try box.write(manifest(pipeline), to: "plugins.yaml")
            func contents() throws -> [String] { try tables.flatMap { try Tables.records(box).lines($0) } }
            let run = try await box.run("run", "--once")
            #expect(run.code == 0, "\(run.err)")
            let whole = try contents()
            try box.remove("var")
            for rows in kills {
                let child = try box.start(["run", "--once"])
                try await box.kill(child, once: "var/lines/\(lines).ndjson", has: rows)
            }
            let last = try await box.run("run", "--once")
            #expect(last.code == 0, "\(last.err)")
            let found = try contents()
            #expect(found.count == whole.count && found == whole)
            guard lines == "trades" else { return }
            // Seven of the trades are equal to another one of their millisecond, and none is left out.
            let state = Tables.state(box)
            #expect(try state.count("trades") == 24_293)
            #expect(try state.number("SELECT max(version) FROM trades") == 1)
            #expect(try state.texts("SELECT reached FROM positions WHERE pipeline = 'tape'").first?.isEmpty == false)
            let again = try await box.run("run", "--once")
            #expect(again.code == 0, "\(again.err)")
            #expect(try state.count("trades") == 24_293 && contents() == whole)
        }
    }

    @Test func killedRunsOfTradesBesideQuotesGiveTheSame() async throws {
        try await Self.check(
            Self.tape, ["trades", "features"], lines: "trades", kills: [10, 1_200, 5_000, 12_345, 20_000])
    }

    @Test func killedRunsOfBarsByVolumeGiveTheSame() async throws {
        try await Self.check(
            "{ instruments: all, route: ticks, timeframe: 1m, shape: { from: trade, by: volume, size: 500 }, models: [] }",
            ["bars"], lines: "bars", kills: [5, 900, 2_500])
    }
}
