import HostManifest
import PluginKit
import Testing

struct ManifestDiffTests {
    private func plan(_ edits: (String, String)..., environment: [String: String] = [:]) throws -> ReloadPlan {
        var text = sample
        for (from, to) in edits {
            #expect(text.contains(from))
            text = text.replacing(from, with: to)
        }
        let old = try #require(load(sample, environment: ["VANTAGE_KEY": "a"]).manifest)
        let result = load(text, environment: ["VANTAGE_KEY": "a"].merging(environment) { $1 })
        let new = try #require(result.manifest, "\(result.report)")
        return ReloadPlan(from: old, to: new)
    }

    private func effects(_ plan: ReloadPlan) -> [String: String] {
        Dictionary(uniqueKeysWithValues: plan.pipelines.map { ($0.id, $0.effect.rawValue) })
    }

    @Test func theSameManifestDiffersInNothing() throws {
        let plan = try plan()
        #expect(plan.isEmpty && plan.built.isEmpty && plan.stopped.isEmpty && plan.postponed.isEmpty)
        #expect(effects(plan) == ["main": "unchanged", "side": "unchanged"])
    }

    @Test func whatFailedForGoodIsMadeAnewThoughNothingDiffers() throws {
        let manifest = try #require(load(sample, environment: ["VANTAGE_KEY": "a"]).manifest)
        let plan = ReloadPlan(from: manifest, to: manifest, retired: ["indicator/rsi14", "sink/gone"])
        #expect(!plan.isEmpty && plan.diff.isEmpty && plan.renewed == ["indicator/rsi14"])
        #expect(plan.built == ["indicator/rsi14"] && plan.stopped == ["indicator/rsi14"])
        #expect(effects(plan) == ["main": "swapped", "side": "unchanged"])
    }

    @Test func aPipelineWhoseDataHasEndedBeginsAnewInsteadOfBeingSwapped() throws {
        let old = try #require(load(sample, environment: ["VANTAGE_KEY": "a"]).manifest)
        let text = sample.replacing("period: 14", with: "period: 7")
        let new = try #require(load(text, environment: ["VANTAGE_KEY": "a"]).manifest)
        let again = ReloadPlan(from: old, to: old, broken: ["main", "gone"])
        #expect(!again.isEmpty && again.effect(on: "main") == .restarted && again.effect(on: "side") == .unchanged)
        let other = ReloadPlan(from: old, to: new, broken: ["side"])
        #expect(other.effect(on: "side") != .restarted)
        let plan = ReloadPlan(from: old, to: new, ended: ["main", "side"])
        #expect(effects(plan) == ["main": "restarted", "side": "unchanged"])
        #expect(plan.replayed == ["main"])
    }

    @Test func commentsAndOrderOfKeysAreNoDifference() throws {
        let plan = try plan(
            ("# 常用", "# other"), ("{ plugin: rsi, period: 14 }", "{ period: 14, plugin: rsi }"),
            ("alpha: 0.5", "alpha: 0.50"))
        #expect(plan.isEmpty)
    }

    @Test func anOptionOfAnIndicatorTouchesThePipelinesThatHaveIt() throws {
        let plan = try plan(("period: 14", "period: 7"))
        #expect(plan.diff.entries.map(\.name) == ["indicator/rsi14"])
        #expect(plan.diff.entries[0].values == [.init(key: "period", before: "14", after: "7")])
        #expect(plan.built == ["indicator/rsi14"] && plan.stopped == ["indicator/rsi14"])
        #expect(effects(plan) == ["main": "swapped", "side": "unchanged"])
    }

    @Test func aQueueIsPartOfTheSinkThoughTheSinkStays() throws {
        let plan = try plan(("full: drop_oldest", "full: block"))
        #expect(plan.built.isEmpty && plan.stopped.isEmpty)
        #expect(effects(plan) == ["main": "swapped", "side": "unchanged"])
        #expect(plan.diff.entries[0].values.map(\.key) == ["queue.full"])
    }

    @Test func aModelsTargetIsAChangeOfTheModelAlone() throws {
        let plan = try plan(("return: 1 bar", "return: 2 bars"))
        #expect(plan.diff.entries.map(\.name) == ["model/next_day"])
        #expect(plan.built.isEmpty)
        #expect(effects(plan)["main"] == "swapped")
    }

    @Test func anotherProviderOrRouteRestartsItsPipelines() throws {
        let options = try plan(("path: data/history", "path: data/other"))
        #expect(effects(options) == ["main": "restarted", "side": "restarted"])
        #expect(options.built == ["provider/history"])
        let age = try plan(("max_age: 3d", "max_age: 4d"))
        #expect(effects(age) == ["main": "restarted", "side": "restarted"])
        #expect(age.built.isEmpty)
        let instruments = try plan(("us: [AAPL, IBM]", "us: [AAPL]"))
        #expect(effects(instruments) == ["main": "restarted", "side": "unchanged"])
    }

    @Test func whatAllStandsForIsSeen() throws {
        let plan = try plan(("    slow: 30\n", "    slow: 30\n  rsi7: { plugin: rsi, period: 7 }\n"))
        #expect(
            plan.diff.entries.map { "\($0.action) \($0.name)" } == ["added indicator/rsi7", "changed pipeline/main"])
        #expect(plan.built == ["indicator/rsi7"] && effects(plan)["main"] == "swapped")
    }

    @Test func switchingAnInstanceOffTakesItOut() throws {
        let plan = try plan(("keep: { plugin: sqlite,", "keep: { plugin: sqlite, enabled: false,"))
        #expect(plan.stopped == ["sink/keep"] && plan.built.isEmpty)
        #expect(effects(plan) == ["main": "swapped", "side": "swapped"])
    }

    @Test func aPipelineThatIsNewOrGoneTouchesNoOther() throws {
        let gone = try plan(("  side: {", "  x-side: {"), ("x-side: {", "other: {"))
        #expect(effects(gone) == ["main": "unchanged", "other": "started", "side": "stopped"])
    }

    @Test func settingsOfTheHostWaitForTheNextStart() throws {
        let plan = try plan(("workers: 2", "workers: 3"))
        #expect(plan.postponed == ["workers"])
        #expect(effects(plan) == ["main": "unchanged", "side": "unchanged"])
    }

    @Test func aSecretThatChangedIsSeenAndNeverShown() throws {
        let from = "vantage: { plugin: cloud, enabled: false,"
        let enabled = sample.replacing(from, with: "vantage: { plugin: cloud,")
            .replacing("history: { plugin: files,", with: "history: { plugin: files, enabled: false,")
        let old = try #require(load(enabled, environment: ["VANTAGE_KEY": "first-key"]).manifest)
        let new = try #require(load(enabled, environment: ["VANTAGE_KEY": "other-key"]).manifest)
        let plan = ReloadPlan(from: old, to: new)
        #expect(plan.built == ["provider/vantage"])
        #expect(plan.diff.entries.map(\.values) == [[.init(key: "api_key", before: "<secret>", after: "<secret>")]])
    }
}
