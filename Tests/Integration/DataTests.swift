import TestSupport
import Testing

/// What a user sees of stored data.
@Suite struct DataTests {
    @Test func showsWhatIsStoredMissingAndOdd() async throws {
        try await Sandbox.with { box in
            var lines = box.text("data/IBM.csv").split(separator: "\n").map(String.init)
            lines.removeSubrange(200..<203)
            try box.write(lines.joined(separator: "\n") + "\n", to: "data/IBM.csv")
            try box.edit("  keep:", "  told: { plugin: ndjson, path: told, records: [alerts] }\n  keep:")
            #expect(try await box.run("run", "--once").code == 0)
            let told = try JSON.lines(box.text("told/alerts.ndjson")).filter { $0["rule"] == .string("gap") }
            #expect(told.map { $0["instrument"] } == [.string("IBM.US")], "\(told)")
            #expect(
                told.first?["message"]
                    == .string(
                        "IBM.US: 3 bars of 1d are missing before this one, by the calendar of US. `penstock data gaps IBM.US` shows which."
                    ), "\(told)")
            let stats = try JSON(parsing: try await box.run("data", "--json").out)["series"]
            #expect(stats.items.map { $0["events"].count } == [3_270, 3_267])

            let gaps = try await box.run("data", "gaps")
            #expect(gaps.code == 0 && gaps.out.contains("AAPL.US 1d (main): nothing is missing"), "\(gaps)")
            #expect(gaps.out.contains("IBM.US 1d (main): 3 bars are missing, of 3267 stored.\n  2000-12-"), "\(gaps)")
            #expect(try await box.run("data", "gaps", "--fail", "4").code == 0)
            let failed = try await box.run("data", "gaps", "IBM", "--fail", "3", "--tell", "4")
            #expect(
                failed.code == 1 && failed.out == "IBM.US 1d (main): 3 bars are missing, of 3267 stored.\n", "\(failed)"
            )

            let verified = try await box.run("data", "verify", "AAPL")
            #expect(verified.code == 0 && verified.out.contains("3270 bars, none would be refused"), "\(verified)")
            #expect(
                verified.out.contains("\n  2000-06-21 split: AAPL.US") && verified.out.hasSuffix("The file is sound.\n")
            )

            let service = try await box.service()
            #expect(
                try await box.run("data", "gaps", "IBM").out
                    == gaps.out.split(separator: "\n").dropFirst().map { $0 + "\n" }
                    .joined(), "a running host says the same")
            let nothing = try await box.run("data", "stats", "MSFT")
            #expect(nothing.code == 1 && nothing.err.contains("nothing is stored of 'MSFT'"), "\(nothing)")
            #expect(try await service.stop() == 0)

            let export = try await box.run("data", "export", "AAPL.US", "--as-of", "2000-03-02")
            #expect(export.out.split(separator: "\n").count == 3, "\(export)")
            #expect(
                export.out.contains("\n2000-03-01T21:00:00Z,118.56,132.06,118.5,130.31,9616100.0,history,1,,,AAPL.US\n")
            )
        }
    }

    /// What is stored is judged by what its route accepts of its venue now.
    @Test func verifiesByTheThresholdsOfTheRouteAndTheVenue() async throws {
        try await Sandbox.with { box in
            try box.edit("from: [history]", "from: [history], accept: { max_jump: 50 }")
            #expect(try await box.run("run", "--once").code == 0)
            #expect(try await box.run("data", "verify").code == 0)
            try box.edit(
                "max_jump: 50 }", "max_jump: 1.5 }, venues: { US: { accept: { max_jump: 50 } } }")
            let venue = try await box.run("data", "verify", "AAPL")
            #expect(venue.code == 0 && venue.out.contains("none would be refused"), "\(venue)")
            try box.edit("US: { accept: { max_jump: 50 } }", "US: { accept: { max_jump: 1.2 } }")
            let own = try await box.run("data", "verify", "AAPL")
            #expect(own.code == 1 && own.out.contains("would be refused: "), "\(own)")
            #expect(own.out.contains(" price_jump"), "\(own)")
            let service = try await box.service()
            let asked = try await box.run("data", "verify", "AAPL")
            #expect(asked.code == 1 && asked.out == own.out, "\(asked)")
            #expect(try await service.stop() == 0)
        }
    }

    /// Trades and quotes of two days as they were recorded: what the run told as it went is what is told of the store.
    @Test(.enabled(if: Repository.hasMarket, "needs the market data beside the repository"))
    func tellsPausesOfEveryKindByItsThreshold() async throws {
        try await Sandbox.empty { box in
            try box.write(
                """
                version: 1
                instruments: { us: [IBM] }
                providers:
                  ticks:
                    plugin: local_history
                    path: \(Repository.market)/lean/tick
                    preset: lean
                    files: { trade: "{code}_{date}_trade.zip", quote: "{code}_{date}_quote.zip" }
                routes:
                  ticks: { from: [ticks], gap: { trade: 1s }, venues: { US: { gap: { trade: 20s } } } }
                sinks:
                  told: { plugin: ndjson, path: told, records: [alerts] }
                pipelines:
                  tape: { instruments: all, kind: trade, route: ticks, inputs: { quotes: { kind: quote } } }

                """, to: "plugins.yaml")
            let run = try await box.run("run", "--once")
            #expect(run.code == 0, "\(run.err)")
            let told = try JSON.lines(box.text("told/alerts.ndjson")).filter { $0["rule"] == .string("gap") }
            #expect(told.count > 1 && told.allSatisfy { $0["message"].text?.contains("is 20 s.") == true }, "\(told)")
            let series = try JSON(parsing: try await box.run("data", "gaps", "--json").out)["series"].items
            #expect(series.map { $0["kind"].text } == ["quote", "trade"], "\(series)")
            #expect(series[0]["gaps"] == .null && series[1]["gaps"]["beyond_seconds"].number == 20)
            let gaps = series[1]["gaps"]["gaps"].items
            #expect(gaps.map { $0["last"].text } == told.map { $0["time"].text })
            #expect(gaps.allSatisfy { ($0["open_seconds"].number ?? 0) > 20 }, "\(gaps)")
            let text = try await box.run("data", "gaps")
            #expect(text.out.contains("IBM.US quote (tape/quotes): its route names no 'gap.quote'"), "\(text)")
            #expect(text.out.contains("IBM.US trade (tape): \(told.count) times more than 20 s without one"), "\(text)")
            #expect(try await box.run("data", "gaps", "--fail", "1").code == 1)
            try box.edit("{ trade: 20s }", "{ trade: 6h, quote: 6h }")
            let none = try await box.run("data", "gaps", "--fail", "1")
            #expect(
                none.code == 0 && none.out.contains("quote (tape/quotes): never more than 6 h without one"), "\(none)")
        }
    }
}
