import Testing

/// Versions that share the rows of a model, as a user has them.
@Suite struct SplitRunTests {
    /// Two versions, of which the second serves, over bars that come in later.
    private static func twice(_ body: (Sandbox, _ rest: [String: [Substring]]) async throws -> Void) async throws {
        try await Sandbox.with { box in
            var rest: [String: [Substring]] = [:]
            for symbol in SmallManifest.symbols {
                let lines = box.text("data/\(symbol).csv").split(separator: "\n")
                try box.write(lines.prefix(2_600).joined(separator: "\n") + "\n", to: "data/\(symbol).csv")
                rest[symbol] = Array(lines.dropFirst(2_600))
            }
            try box.edit("path: data }", "path: data, follow: true }")
            #expect(try await box.run("run", "--once").code == 0)
            try box.edit("plugin: ridge,", "plugin: ridge, l2: 5000,")
            #expect(try await box.run("run", "--once").code == 0)
            try await body(box, rest)
        }
    }

    private static func shares(_ report: JSON) -> String {
        report["versions"].items.map { "\($0["version"].count ?? 0)=\($0["share"].number ?? 0)" }.joined(separator: " ")
    }

    @Test func slotsAreServedAsTheyAreDrawnAndCompared() async throws {
        try await Self.twice { box, rest in
            let begun = try await box.run(
                "models", "split", "next_day", "2=0.5", "1=0.5", "--slot", "1w", "--reason", "is less better?")
            #expect(begun.code == 0 && begun.out.contains("shared by slot"), "\(begun.out)\(begun.err)")
            let history = try await box.run("models", "show", "next_day").out
            #expect(history.contains("split: serves 0.5 of the rows by slots of 7 days: is less better?"), "\(history)")
            let service = try await box.service()
            for (symbol, lines) in rest {
                try box.write(
                    box.text("data/\(symbol).csv") + lines.joined(separator: "\n") + "\n", to: "data/\(symbol).csv")
            }
            let bars = try #require(rest.values.map(\.count).max())
            let report = try await eventually("rows are served and known", or: { service.child.trace }) {
                let report = try service.json("/api/v2/ai/models/next_day/split")
                let rows = report["versions"].items.compactMap { $0["rows"].count }
                return rows.count == 2 && rows.reduce(0, +) >= 2 * (bars - 2) ? report : nil
            }
            #expect(Self.shares(report) == "2=0.5 1=0.5" && report["slot_seconds"].count == 604_800, "\(report)")
            let other = report["versions"][1]
            #expect((other["low"].number ?? 9) < (other["difference"].number ?? 0), "\(report)")
            #expect(other["verdict"].text != nil && other["units"].count ?? 0 > 20, "\(report)")
            let told = try await box.run("models", "split", "next_day")
            #expect(told.out.contains("SLOTS") && told.out.contains("champion"), "\(told.out)")
            #expect(try await service.stop() == 0)
            // A week is one version's, whatever the instrument, and no row is there twice.
            let state = Tables.state(box)
            let mixed = try state.number(
                """
                SELECT count(*) FROM (SELECT predicted_at / 604800000000000 FROM predictions JOIN outcome_series ON id = series
                WHERE shadow = 0 AND predicted_at > (SELECT min(after) FROM stage_changes WHERE reason LIKE 'split:%')
                GROUP BY 1 HAVING min(version) <> max(version))
                """)
            #expect(mixed == 0)
            let records = Tables.records(box)
            #expect(try records.number("SELECT count(*) - count(DISTINCT time || instrument) FROM predictions") == 0)
            // It outlives a restart, and ends with its champion.
            let again = try await box.service()
            #expect(Self.shares(try again.json("/api/v2/ai/models/next_day/split")) == "2=0.5 1=0.5")
            #expect(try await box.run("models", "promote", "next_day", "1", "--reason", "x").code == 0)
            #expect(try again.json("/api/v2/ai/models/next_day/split")["versions"].items.isEmpty)
            #expect(try await again.stop() == 0)
        }
    }

    @Test(arguments: [
        (["2=0.7", "1=0.4"], "the shares add up to 1.100000; allowed is 1"),
        (["1=0.5", "3=0.5"], "version 2 serves and has no share"),
        (["2=0.5", "9=0.5"], "has no version 9; allowed 1...2"),
        (["2=0.5", "2=0.5"], "a version has two shares"), (["2=1", "1=0"], "'2=1' is no share"),
        (["2=half", "1=0.5"], "'2=half' is no share"), (["2=0.5", "1=0.5", "--slot", "soon"], "'--slot' is soon"),
    ]) func whatCannotBeSharedIsSaid(_ words: [String], _ message: String) async throws {
        try await Self.twice { box, _ in
            let child = try box.start(["models", "split", "next_day"] + words + ["--reason", "x"])
            #expect(try await child.exitCode() != 0)
            #expect(child.err.contains(message), "\(child.err)")
            #expect(try Tables.state(box).number("SELECT count(*) FROM splits") == 0)
            #expect(try Tables.state(box).texts("SELECT number FROM versions WHERE stage = 'champion'") == ["2"])
        }
    }

    @Test func aVersionThatFailedTheGateServesNoRow() async throws {
        try await Self.twice { box, _ in
            try Tables.state(box).execute("UPDATE versions SET verdict = 'fail' WHERE number = 1")
            let child = try box.start(["models", "split", "next_day", "2=0.5", "1=0.5", "--reason", "x"])
            #expect(try await child.exitCode() != 0)
            #expect(child.err.contains("failed the leakage gate"), "\(child.err)")
            let ended = try await box.run("models", "split", "next_day", "--end", "--reason", "none")
            #expect(ended.out.contains("the champion serves all rows"), "\(ended.out)\(ended.err)")
        }
    }
}
