import Glibc
import Testing

/// The search of a model's options as a user has it: once, whatever ends it on the way.
@Suite struct SearchRunTests {
    private static let search =
        "search: { trials: 16, over: { l2: { from: 0.01, to: 100000, scale: log } }, metric: ic }"

    private static func box(_ more: String = search, _ body: (Sandbox) async throws -> Void) async throws {
        try await Sandbox.with { box in
            try box.edit("features: [rsi14, atr14] }", "features: [rsi14, atr14], \(more) }")
            try await body(box)
        }
    }

    private static func trials(_ box: Sandbox) throws -> [String] {
        try Tables.state(box).texts(
            "SELECT part || ' ' || trial || ' ' || fold || ' ' || options || ' ' || ifnull(score, '-') FROM trials "
                + "ORDER BY part, trial, fold")
    }

    /// The card but for how long the fit and its gate took.
    private static func card(_ box: Sandbox) throws -> String {
        try Tables.state(box).texts(
            "SELECT json_remove(CAST(card AS TEXT), '$.fit_seconds', '$.leakage.seconds') FROM artifacts ORDER BY id DESC LIMIT 1"
        )[0]
    }

    @Test func aKilledSearchGoesOnAndFindsTheSame() async throws {
        try await Self.box { box in
            let whole = try await box.run("models", "search", "next_day")
            #expect(whole.code == 0, "\(whole.err)")
            #expect(whole.out.contains("model/next_day: search 1 of 6, trial "), "\(whole.out)")
            #expect(whole.out.contains("chosen by ic ") && whole.out.contains("rows that no search had seen"))
            #expect(whole.out.contains("  deflated  the best of 16 trials without skill is expected at "))
            let (expected, card) = (try Self.trials(box), try Self.card(box))
            #expect(expected.count > 6 * 16)
            try box.remove("var")
            for count in [10, 60] {
                let child = try box.start(["models", "search", "next_day"])
                try await eventually("\(count) trials are stored", or: { child.trace }) {
                    ((try? Self.trials(box)) ?? []).count >= count ? true : nil
                }
                child.signal(SIGKILL)
                _ = try await child.exitCode()
            }
            let last = try await box.run("models", "search", "next_day")
            #expect(last.code == 0, "\(last.err)")
            #expect(last.out.contains(" (stored): "), "\(last.out)")
            #expect(try Self.trials(box) == expected)
            #expect(try Self.card(box) == card)
        }
    }

    @Test func aSecondRunSearchesNothing() async throws {
        try await Self.box { box in
            let first = try await box.run("run", "--once")
            #expect(first.code == 0 && first.out.contains("trial 16 of 16"), "\(first.out)\(first.err)")
            let card = try await box.run("models", "show", "next_day", "1").out
            #expect(card.contains(" is the best of 16 trials; the best of as many without skill reaches "), "\(card)")
            #expect(card.contains(", deflated ") && card.contains(", no luck with a probability of "), "\(card)")
            let stored = try Tables.state(box).number("SELECT max(stored_at) FROM trials")
            for arguments in [["run", "--once"], ["models", "search", "next_day"]] {
                let child = try box.start(arguments)
                #expect(try await child.exitCode() == 0)
                #expect(!child.out.contains("trial ") || !child.out.contains("search 1 of"), "\(child.out)")
                #expect(child.out.contains("stored artifact"), "\(child.out)")
            }
            #expect(try Tables.state(box).number("SELECT max(stored_at) FROM trials") == stored)
            // Another space is another fit.
            try box.edit("trials: 16", "trials: 17")
            let other = try await box.run("models", "search", "next_day")
            #expect(other.out.contains("trial 17 of 17"), "\(other.out)")
        }
    }

    @Test func aSearchThatIsAskedToEndDoesAndKeepsWhatItHas() async throws {
        try await Self.box(Self.search.replacing("trials: 16", with: "trials: 2000")) { box in
            let child = try box.start(["models", "search", "next_day"])
            try await child.waits(for: "search 1 of 6, trial 9 of 2000")
            child.signal(SIGTERM)
            let code = try await child.exitCode()
            #expect(code != -SIGTERM && code != 0, "\(child.err)")
            #expect(child.err.contains("the trials that had ended are stored"), "\(child.err)")
            #expect(try Self.trials(box).count >= 8)
            #expect(try Tables.state(box).number("SELECT count(*) FROM artifacts") == 0)
        }
    }

    @Test func aHoldoutIsLookedAtOnceAVersion() async throws {
        try await Self.box("validation: { holdout: 0.2 }") { box in
            let first = try await box.run("models", "holdout", "next_day")
            #expect(
                first.code == 0 && first.out.contains("Look 1 at versions of this model."), "\(first.out)\(first.err)")
            let figures = first.out.split(separator: "\n").first { $0.contains("hold-out 2") }
            let again = try await box.run("models", "holdout", "next_day")
            #expect(
                again.out.contains("This version was looked at ") && again.out.contains("nothing was computed again"))
            #expect(figures != nil && again.out.split(separator: "\n").contains { $0 == figures }, "\(again.out)")
            #expect(try Tables.state(box).number("SELECT count(*) FROM looks") == 1)
            try box.edit("holdout: 0.2 }", "holdout: 0.2 }, l2: 3")
            let other = try await box.run("models", "holdout", "next_day")
            #expect(other.out.contains("Look 2 at versions of this model; "), "\(other.out)\(other.err)")
            // What runs predicts nothing within it.
            #expect(try await box.run("run", "--once").code == 0)
            let records = Tables.records(box)
            let last = try records.texts("SELECT max(time) FROM predictions WHERE time < (SELECT max(time) FROM bars)")
            #expect((last.first ?? "") < "2011", "\(last)")
        }
    }

    @Test(arguments: [
        (["models", "search", "nxt_day"], "models: no model 'nxt_day'. Did you mean 'next_day'?"),
        (["models", "search", "next_day"], "models search: model/next_day at plugins.yaml:13:3 has no 'search'."),
        (["models", "holdout", "next_day"], "models holdout: model/next_day at plugins.yaml:13:3 keeps no hold-out."),
    ])
    func whatCannotBeDoneIsSaid(_ arguments: [String], _ words: String) async throws {
        try await Sandbox.with { box in
            let child = try box.start(arguments)
            #expect(try await child.exitCode() == 2)
            #expect(child.err.contains(words), "\(child.err)")
        }
    }
}
