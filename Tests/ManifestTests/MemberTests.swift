import HostManifest
import PluginKit
import Testing

/// Models that see predictions of others, and what inputs carry.
@Suite struct MemberTests {
    private func text(_ models: String, chosen: String = "all", input: String = "known") -> String {
        manifest(
            providers: "{ history: { plugin: files, path: data }, statements: { plugin: reports } }",
            routes: "{ daily: { from: [history] }, reports: { from: [statements] } }",
            indicators: "{ rsi14: { plugin: rsi }, eps: { plugin: eps } }", models: models,
            pipelines: """
                { main: { instruments: [us], route: daily, indicators: [rsi14], models: \(chosen),
                    inputs: { \(input): { kind: figure, route: reports, indicators: [eps] },
                      weeks: { kind: bar, timeframe: 1w, fields: [close] } } } }
                """)
    }

    private let base = "r: { plugin: ridge, target: { return: 1 } }"

    @Test func membersComeBeforeTheModelsThatSeeThem() throws {
        let models = """
            { top: { plugin: ensemble, target: { return: 1 }, members: [mid, r] },
              mid: { plugin: ridge, target: { return: 1 }, members: [r], features: [rsi14] }, \(base) }
            """
        let loaded = load(text(models))
        let manifest = try #require(loaded.manifest, "\(loaded.report)")
        #expect(manifest.pipelines[0].models == ["r", "mid", "top"])
        let declared = Dictionary(uniqueKeysWithValues: manifest.models.map { ($0.instance.id, $0) })
        #expect(declared["top"]?.members == ["mid", "r"] && declared["top"]?.features == .named([]))
        #expect(declared["mid"]?.members == ["r"] && declared["mid"]?.features == .named(["rsi14"]))
        #expect(declared["r"]?.members == [] && declared["r"]?.features == .all)
        let alone = try #require(load(text("{ \(base) }")).manifest).models[0]
        let other = base.replacing("target", with: "members: [q], target")
        let both = try #require(load(text("{ \(other), \(base.replacing("r:", with: "q:")) }")).manifest).models
        #expect(CanonicalText.of(both[0]) != CanonicalText.of(alone))
    }

    @Test func aModelSeesWhatInputsCarry() throws {
        let models = "{ r: { plugin: ridge, target: { return: 1 }, features: [weeks.age, rsi14, known] } }"
        let loaded = load(text(models))
        let manifest = try #require(loaded.manifest, "\(loaded.report)")
        let pipeline = manifest.pipelines[0]
        #expect(
            pipeline.inputs.map(\.columns) == [
                ["known.age", "known.eps.age", "known.eps"], ["weeks.age", "weeks.close"],
            ])
        #expect(manifest.features(of: manifest.models[0], in: pipeline) == ["weeks.age", "rsi14", "known.eps"])
    }

    @Test func aModelSeesColumnsOfItsMembers() throws {
        let top = "top: { plugin: ridge, target: { return: 1 }, members: [r], features: [r.lower, rsi14] }"
        let loaded = load(text("{ \(base), \(top) }"))
        let manifest = try #require(loaded.manifest, "\(loaded.report)")
        let model = try #require(manifest.models.first { $0.instance.id == "top" })
        #expect(manifest.features(of: model, in: manifest.pipelines[0]) == ["r.lower", "rsi14"])
        let column = manifest.memberOutput("r.lower", of: model)
        #expect(column?.model == "r" && column?.column == 1 && manifest.memberOutput("rsi14", of: model) == nil)
        for (feature, words) in [
            ("r.upper", "model/r has no column 'upper'. It gives r.value, r.lower"), ("r", "model/r has no column ''"),
        ] {
            let texts = faults(text("{ \(base), \(top.replacing("r.lower", with: feature)) }"))
            #expect(texts.contains { $0.contains(words) }, "\(texts)")
        }
        let texts = faults(text("{ \(base), \(top.replacing("members: [r], ", with: "")) }"))
        #expect(texts.contains { $0.contains("is of model/r, which is no member. Add r to 'members'.") }, "\(texts)")
    }

    @Test(arguments: [
        ("{ e: { plugin: ensemble, target: { return: 1 } } }", "model/e: 'members' is missing"),
        ("{ e: { plugin: ensemble, target: { return: 1 }, members: [x] } }", "model/e: no model 'x'"),
        (
            "{ r: { plugin: ridge, target: { return: 1 }, features: [known.pe] } }",
            "model/r needs the features known.pe, which neither its indicators nor its inputs give. "
                + "The input known carries known.age, known.eps.age, known.eps."
        ),
        (
            "{ r: { plugin: ridge, target: { return: 1 }, features: [knwn.eps] } }",
            "model/r: no indicator 'knwn'"
        ),
        ("{ r: { plugin: ridge, target: { return: 1 }, members: [], features: [] } }", "'members' has 0 values"),
    ])
    func whatAModelCannotSeeIsReported(_ models: String, _ words: String) {
        let texts = faults(text(models))
        #expect(texts.contains { $0.contains(words) }, "\(texts)")
    }

    @Test func aMemberTwiceAndOneThatThePipelineDoesNotMakeAreReported() {
        let ensemble = "e: { plugin: ensemble, target: { return: 1 }, members: [r, r] }"
        #expect(faults(text("{ \(base), \(ensemble) }")).contains { $0.contains("'members' has 'r' twice") })
        let once = ensemble.replacing("[r, r]", with: "[r]")
        let texts = faults(text("{ \(base), \(once) }", chosen: "[e]"))
        #expect(
            texts.contains {
                $0.contains("model/e sees predictions of model/r, which the pipeline does not make. Add r to 'models'.")
            }, "\(texts)")
    }
}
