import HostManifest
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

    @Test(arguments: ["direction: 1 bar", "excess_return: 1 bar"])
    func whereNoneCanBeIsSaid(target: String) {
        let given = faults(text(", interval: 0.9").replacing("return: 1 ", with: "\(target) "))
        #expect(given.contains { $0.contains("model/r: 'interval' needs the outcome of each prediction") }, "\(given)")
    }

    @Test(arguments: ["0.2", "1"]) func aShareThatIsNoneIsRefused(share: String) {
        #expect(load(text(", interval: \(share)")).manifest == nil)
    }
}
