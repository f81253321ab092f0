import HostManifest
import PluginKit
import PredictionTargets
import Testing

/// What of a model's options is searched.
@Suite struct SearchTests {
    private func text(_ search: String, target: String = "{ return: 1 }", more: String = "") -> String {
        manifest(models: "{ r: { plugin: ridge, target: \(target), seed: 9, \(more)search: \(search) } }")
    }

    @Test func eachOptionIsReadByItsOwnType() throws {
        let search = """
            { trials: 20, over: { alpha: { from: 0.01, to: 100, scale: log }, intercept: [true, false],
                solver: [qr, cholesky], holdout: [0.1, 0.4] }, metric: ic, stop: none, start: random, folds: 4 }
            """
        let loaded = load(text(search))
        let model = try #require(loaded.manifest, "\(loaded.report)").models[0]
        let expected = SearchScheme(
            trials: 20,
            over: [
                .init("alpha", .numbers(0.01...100, isLog: true)), .init("holdout", .numbers(0.1...0.4, isLog: false)),
                .init("intercept", .flags), .init("solver", .words(["qr", "cholesky"])),
            ], metric: .ic, start: .random, stop: .none, folds: 4, seed: 9)
        #expect(model.search == expected)
        let plain = try #require(load(text("{ over: { alpha: [1, 2] } }")).manifest).models[0]
        #expect(plain.search?.trials == 60 && plain.search?.metric == .rankIC && plain.search?.stop == .halving)
        #expect(CanonicalText.of(model) != CanonicalText.of(plain))
        let seeded = try #require(load(text("{ over: { alpha: [1, 2] }, seed: 3 }")).manifest).models[0]
        #expect(seeded.search?.seed == 3 && CanonicalText.of(seeded) != CanonicalText.of(plain))
        let none = try #require(load(manifest(models: "{ r: { plugin: ridge, target: { return: 1 } } }")).manifest)
        #expect(none.models[0].search == nil && !CanonicalText.of(none.models[0]).contains("search"))
    }

    @Test(arguments: [
        ("{ over: { alpha: [-1, 2] } }", "'search.over.alpha[0]' is -1; allowed 0"),
        ("{ over: { alpha: [1] } }", "'search.over.alpha' has 1 values; allowed 2"),
        (
            "{ over: { alpha: 3 } }",
            "'search.over.alpha' is '3'; allowed [LOW, HIGH] or { from, to, scale: linear or log }"
        ),
        ("{ over: { alpha: [2, 1] } }", "'search.over.alpha' goes from 2 to 1; allowed the lower one first"),
        (
            "{ over: { alpha: { from: 0, to: 1, scale: log } } }",
            "'search.over.alpha' begins at 0 on a log scale; allowed a number above 0"
        ),
        ("{ over: { alpha: { from: 1 } } }", "'search.over.alpha.to' is missing"),
        ("{ over: { holdout: [0.1, 0.9] } }", "'search.over.holdout[1]' is 0.9; allowed a fraction, 0...0.5"),
        ("{ over: { solver: [qr, lu] } }", "'search.over.solver[1]' is 'lu'; allowed cholesky, qr"),
        ("{ over: { solver: [qr, qr] } }", "'search.over.solver' has a value twice"),
        ("{ over: { alhpa: [1, 2] } }", "the key 'search.over.alhpa' is unknown."),
        ("{ over: { note: [a, b] } }", "the key 'search.over.note' is unknown."),
        (
            "{ over: {} }",
            "'search.over' names no option; allowed 1...16 of alpha, holdout, intercept, quantile, solver."
        ),
        ("{ trials: 10 }", "'search.over' is missing"),
        ("{ over: { alpha: [1, 2] }, metric: brier }", "'search.metric' is brier, which is of classes"),
        ("{ over: { alpha: [1, 2] }, metric: sharpe }", "'search.metric' is 'sharpe'; allowed r2, ic, rank_ic"),
        ("{ over: { alpha: [1, 2] }, trials: 0 }", "'search.trials' is 0; allowed 1...10000"),
    ])
    func whatCannotBeSearchedIsReported(_ search: String, _ words: String) {
        let found = load(text(search)).faults
        #expect(found.count == 1 && found[0].text.contains("model/r: \(words)"), "\(found.map(\.text))")
    }

    @Test func aLossIsForClasses() {
        #expect(faults(text("{ over: { alpha: [1, 2] }, metric: brier }", target: "{ direction: 1 }")).isEmpty)
    }

    @Test func whatComparesInstrumentsNeedsMany() {
        let search = "{ over: { alpha: [1, 2] }, metric: icir }"
        #expect(faults(text(search)).isEmpty)
        let found = faults(text(search, more: "per: instrument, "))
        #expect(
            found.count == 1 && found[0].contains("'search.metric' is icir, which compares instruments"), "\(found)")
    }

    @Test func quantilesThatDifferAreNotCompared() {
        let found = faults(text("{ over: { quantile: [0.1, 0.9] }, metric: pinball }"))
        #expect(found.count == 1 && found[0].contains("whose losses do not compare"), "\(found)")
        #expect(faults(text("{ over: { alpha: [1, 2] }, metric: pinball }")).isEmpty)
    }

    @Test func aPluginWithoutOptionsHasNoSearch() {
        let models = """
            { r: { plugin: ridge, target: { return: 1 } },
              e: { plugin: ensemble, target: { return: 1 }, members: [r], search: { over: {} } } }
            """
        #expect(faults(manifest(models: models)).contains { $0.contains("the key 'search' is unknown") })
    }

    @Test func aHoldoutIsAPartOfTheValidation() throws {
        let held = "{ r: { plugin: ridge, target: { return: 1 }, validation: { holdout: 0.2 } } }"
        #expect(try #require(load(manifest(models: held)).manifest).models[0].validation.holdout == 0.2)
        let texts = faults(manifest(models: held.replacing("0.2", with: "0.7")))
        #expect(texts.contains { $0.contains("'validation.holdout' is 0.7; allowed a fraction, 0...0.5") }, "\(texts)")
    }
}
