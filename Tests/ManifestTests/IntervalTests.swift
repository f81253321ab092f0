import HostManifest
import PredictionTargets
import Testing

/// What a model says beside its prediction, as declared.
@Suite struct IntervalTests {
    private func text(_ options: String) -> String {
        manifest(models: "{ r: { plugin: ridge, target: { return: 1 }\(options) } }")
    }

    @Test func bothAreOffByThemselvesAndPartOfTheDigest() throws {
        let plain = try #require(load(text("")).manifest).models[0]
        #expect(plain.interval == nil && !plain.abstains)
        let loaded = load(text(", interval: 0.9, abstain: true"))
        let asked = try #require(loaded.manifest, "\(loaded.report)").models[0]
        #expect(asked.interval == 0.9 && asked.abstains)
        #expect(CanonicalText.of(asked) != CanonicalText.of(plain))
    }

    @Test func aWindowIsPartOfTheDigest() throws {
        let plain = try #require(load(text("")).manifest).models[0]
        let asked = try #require(load(text(", window: 30")).manifest).models[0]
        let one = try #require(load(text(", window: 1")).manifest).models[0]
        #expect(plain.window == 1 && asked.window == 30)
        #expect(CanonicalText.of(asked) != CanonicalText.of(plain) && CanonicalText.of(one) == CanonicalText.of(plain))
        #expect(load(text(", window: 0")).manifest == nil && load(text(", window: 3000")).manifest == nil)
    }

    @Test func whenItIsFittedAgainIsReadAndOnlyWhatAFitSeesIsPartOfTheDigest() throws {
        let plain = try #require(load(text("")).manifest).models[0]
        #expect(plain.retrain == nil)
        let loaded = load(text(", retrain: { every: 20 bars | drift, window: 3y }"))
        let asked = try #require(loaded.manifest, "\(loaded.report)").models[0]
        #expect(asked.retrain?.every.bars == 20 && asked.retrain?.every.drift == true)
        #expect(asked.retrain?.window == .seconds(3 * 365 * 86_400))
        #expect(CanonicalText.of(asked) != CanonicalText.of(plain))
        let often = try #require(load(text(", retrain: { every: drift }")).manifest).models[0]
        #expect(often.retrain?.every.bars == nil && often.retrain?.window == nil)
        #expect(CanonicalText.of(often) == CanonicalText.of(plain))
    }

    @Test(arguments: [
        ("{ every: never }", "'retrain.every' is 'never'"), ("{ every: 20 days }", "allowed a count of"),
        ("{ window: 3y }", "'retrain.every' is missing"), ("{ every: 5, window: 3q }", "'retrain.window' is '3q'"),
    ]) func whatIsNoOccasionIsSaid(written: String, message: String) {
        let given = faults(text(", retrain: \(written)"))
        #expect(given.contains { $0.contains(message) }, "\(given)")
    }

    @Test func aPluginThatTakesRowsOfOneBarSaysSo() {
        let models =
            "{ r: { plugin: ridge, target: { return: 1 } }, t: { plugin: ensemble, target: { return: 1 }, members: [r], window: 5 } }"
        let given = faults(manifest(models: models))
        #expect(
            given.contains { $0.contains("model/t: 'window' is 5, and its plugin combines predictions bar by bar") },
            "\(given)")
    }

    @Test(arguments: ["direction: 1 bar", "excess_return: 1 bar"])
    func whereNoneCanBeIsSaid(target: String) {
        let given = faults(text(", interval: 0.9").replacing("return: 1 ", with: "\(target) "))
        #expect(given.contains { $0.contains("model/r: 'interval' needs the outcome of each prediction") }, "\(given)")
    }

    @Test(arguments: ["0.2", "1"]) func aShareThatIsNoneIsRefused(share: String) {
        #expect(load(text(", interval: \(share)")).manifest == nil)
    }
}
