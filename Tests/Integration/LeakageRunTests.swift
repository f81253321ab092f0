import Glibc
import Testing

/// The leakage gate as a user has it: with every fit, in the list, in REST, and by `models check`.
@Suite struct LeakageRunTests {
    @Test func everyFitHasAVerdict() async throws {
        try await Sandbox.with { box in
            let check = try await box.run("models", "check")
            #expect(check.code == 0, "\(check.out)\(check.err)")
            #expect(check.out.contains("model/next_day in main: pass. The gate took "), "\(check.out)")
            #expect(check.out.contains("pass     features without the bars after them"), "\(check.out)")
            let list = try await box.run("models", "list")
            #expect(list.out.contains("LEAKAGE") && list.out.contains("  pass"), "\(list.out)")
            let json = try await box.run("models", "check", "next_day", "--json")
            let line = try #require(try JSON.lines(json.out).last)
            #expect(json.code == 0 && line["event"].text == "checked" && line["pipeline"].text == "main")
            #expect(line["leakage"]["outcome"].text == "pass", "\(json.out)")
            // One that was fitted before there was a gate is fitted again, and only for a check.
            try Tables.state(box).execute(
                "UPDATE artifacts SET card = CAST(json_remove(CAST(card AS TEXT), '$.leakage') AS BLOB)")
            let again = try await box.run("models", "check", "next_day")
            #expect(again.code == 0 && again.out.contains("in main: pass"), "\(again.out)\(again.err)")
            let service = try await box.service()
            let card = try service.json("/api/v2/ai/models/next_day/status")["card"]
            #expect(card["leakage"]["outcome"].text == "pass")
            #expect((card["leakage"]["seconds"].number ?? -1) >= 0)
            try await service.stop()
        }
    }

    @Test(.enabled(if: access("/usr/bin/python3", X_OK) == 0, "python3 is not in /usr/bin"))
    func aProcessPluginThatLooksAheadIsCaught() async throws {
        try await Sandbox.with { box in
            try box.writePlugin("source", Self.scaled)
            #expect(try await box.run("plugins", "install", "source", "--yes").code == 0)
            try box.edit("  atr14: { plugin: atr, period: 14 }", "  atr14: { plugin: scaled }")
            let check = try await box.run("models", "check", "next_day")
            #expect(check.code == 1, "\(check.out)\(check.err)")
            #expect(check.out.contains("model/next_day in main: fail (truncated_features"), "\(check.out)")
            #expect(check.out.contains("  truncated_features: 'atr14' of AAPL.US at "), "\(check.out)")
            // Whoever fits is told, without asking for the check.
            #expect(
                check.err.contains("warning: model/next_day: the fit failed the leakage gate (truncated_features"),
                "\(check.err)")
            #expect(try await box.run("models", "list").out.contains("  fail  "))
        }
    }

    @Test func whatIsNoModelIsSaid() async throws {
        try await Sandbox.with { box in
            let check = try await box.run("models", "check", "nxt_day")
            #expect(check.code == 2 && check.err.contains("models: no model 'nxt_day'. Did you mean 'next_day'?"))
        }
    }

    /// Closes by the highest and the lowest of all it was handed.
    private static let scaled = (
        manifest: """
        id: indicator/scaled
        version: 1.0.0
        summary: Closes between their extremes.
        tier: process
        command: [python3, scaled.py]
        outputs: { value: { summary: The close between its extremes. } }

        """,
        file: "scaled.py",
        code: """
        from penstock_plugin import Indicator, run

        class Scaled(Indicator):
            descriptor = {
                "kind": "indicator", "name": "scaled", "version": "1.0.0", "summary": "Closes between their extremes.",
                "options": [], "outputs": [{"name": "value", "unit": "", "summary": "The close, 0 ... 1."}],
            }

            def fresh(self):
                return {}

            def update_run(self, state, bars):
                closes = bars.close.tolist()
                low, high = min(closes), max(closes)
                return [[(close - low) / ((high - low) or 1) for close in closes]], []

        run(Scaled)

        """
    )
}
