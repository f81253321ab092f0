import HostManifest
import PluginKit
import Testing

@Suite struct ReferenceTests {
    private let two = "{ a: { plugin: files, path: d }, b: { plugin: files, path: d, enabled: false } }"

    @Test(arguments: [
        ("{ daily: { from: [histry] } }", "route/daily: no provider 'histry'. Did you mean 'history'? Known: history."),
        (
            "{ daily: { from: history } }",
            "route/daily: 'from' is 'history'; allowed a list of 1...64 values, each the id of a provider."
        ),
        ("{ daily: { from: [history, history] } }", "route/daily: 'from' has 'history' twice. Remove one of them."),
        ("{ daily: { from: [] } }", "'from' has 0 values; allowed 1...64."),
        ("{ daily: {} }", "route/daily: 'from' is missing"), ("{ daily: }", "route/daily: 'from' is missing"),
        ("{ daily: [history] }", "route/daily: it is a list; allowed a mapping. Write { from: VALUE }."),
        ("{ daily: { from: [history], accept: { max_age: 0s } } }", "'accept.max_age' is 0s; allowed 1ms...36500d."),
    ])
    func checksRoutes(_ routes: String, _ words: String) {
        let texts = faults(manifest(routes: routes))
        #expect(texts.count == 1 && texts[0].contains(words), "\(texts)")
    }

    @Test func takesTheOneEnabledProvider() throws {
        let result = load(manifest(providers: two, routes: "{ daily: { from: [b, a] } }"))
        #expect(try #require(result.manifest, "\(result.report)").routes[0].providers == ["a"])
    }

    @Test func takesSeveralProvidersInTheirOrderWithTheLastResortAtTheEnd() throws {
        let both = two.replacing("false", with: "true")
        let inOrder = load(manifest(providers: both, routes: "{ daily: { from: [b, a], hedge: 2s } }"))
        let route = try #require(inOrder.manifest, "\(inOrder.report)").routes[0]
        #expect(route.providers == ["b", "a"] && route.lastResort == nil && route.hedge == .seconds(2))
        let last = load(manifest(providers: both, routes: "{ daily: { from: [a], last_resort: b } }"))
        let other = try #require(last.manifest, "\(last.report)").routes[0]
        #expect(other.providers == ["a", "b"] && other.lastResort == "b")
        let listed = load(manifest(providers: both, routes: "{ daily: { from: [b, a], last_resort: b } }"))
        #expect(try #require(listed.manifest, "\(listed.report)").routes[0].providers == ["a", "b"])
        #expect(
            faults(manifest(providers: both, routes: "{ daily: { from: [a], last_resort: c } }")).first?
                .contains("provider") == true)
    }

    @Test func takesHowSeveralProvidersMakeOneAnswer() throws {
        let both = two.replacing("false", with: "true")
        let merged = load(
            manifest(providers: both, routes: "{ daily: { from: [a, b], strategy: merge, fields: { volume: b } } }"))
        let route = try #require(merged.manifest, "\(merged.report)").routes[0]
        #expect(route.consent.strategy == "merge" && route.consent.fields == ["volume": "b"])
        #expect(EventKind.allCases.filter(route.consent.isAsked) == [.bar, .quote])
        let sampled = load(
            manifest(
                providers: both,
                routes: "{ daily: { from: [a], tolerance: 0.02, conflict: hold, reference: { from: b, every: 5 } } }"))
        let other = try #require(sampled.manifest, "\(sampled.report)").routes[0]
        #expect(
            other.consent
                == {
                    var consent = RouteConsent()
                    (consent.tolerance, consent.conflict, consent.reference, consent.every) = (0.02, "hold", "b", 5)
                    return consent
                }())
        #expect(other.everyProvider == ["a", "b"] && other.only("a").consent == RouteConsent())
    }

    @Test(
        arguments: [
            ("{ daily: { from: [a, b], fields: { volume: b } } }", "'fields' means nothing without 'strategy: merge'"),
            (
                "{ daily: { from: [a], strategy: merge, fields: { volume: b } } }",
                "'fields.volume' is 'b', which is not in 'from'"
            ),
            ("{ daily: { from: [a], reference: { from: x } } }", "no provider 'x'"),
            ("{ daily: { from: [a, b], strategy: best } }", "allowed first_good, merge, vote"),
        ])
    func refusesAConsentOfNobody(routes: String, words: String) {
        let texts = faults(manifest(providers: two.replacing("false", with: "true"), routes: routes))
        #expect(texts.contains { $0.contains(words) }, "\(texts)")
    }

    @Test func refusesPipelineWithoutProvider() throws {
        let fault = try #require(onlyFault(manifest(providers: two, routes: "{ daily: { from: [b] } }")))
        #expect(
            fault.text == "pipeline/main: route/daily has no enabled provider; disabled: b. "
                + "Enable one of them, or name another in 'from'.")
        let unused = manifest(providers: two, routes: "{ daily: { from: [a] }, spare: { from: [b] } }")
        #expect(faults(unused) == [])
    }

    @Test(arguments: [
        (
            "{ instruments: [uss], route: daily }",
            "pipeline/main: no instrument group 'uss'. Did you mean 'us'? Known: us."
        ),
        (
            "{ instruments: us, route: daily }",
            "'instruments' is 'us'; allowed all, or a list of instrument groups and symbols. Write all, or [us]."
        ),
        ("{ instruments: ['A B'], route: daily }", "pipeline/main: 'A B' is no symbol"),
        ("{ instruments: [], route: daily }", "'instruments' names no instrument. Name groups or symbols."),
        ("{ route: daily }", "'instruments' is missing"),
        ("{ instruments: [us], route: dayly }", "pipeline/main: no route 'dayly'. Did you mean 'daily'? Known: daily."),
        ("{ instruments: [us] }", "'route' is missing; allowed the id of a route."),
        (
            "{ instruments: [us], route: daily, timeframe: 1day }",
            "'timeframe' is '1day'; allowed a count and a unit: 30s, 1m"
        ), ("{ instruments: [us], route: daily, indicators: [rsi] }", "no indicator 'rsi'."),
        ("{ instruments: [us], route: daily, sinks: [a] }", "pipeline/main: no sink 'a'. Declare it under 'sinks'."),
        ("{ instruments: [us], route: daily, indicators: [rsi14, rsi14] }", "'indicators' has 'rsi14' twice."),
    ])
    func checksPipelines(_ pipeline: String, _ words: String) {
        let texts = faults(manifest(pipelines: "{ main: \(pipeline) }"))
        #expect(texts.count == 1 && texts[0].contains(words), "\(texts)")
    }

    @Test func namesSymbolsBesideGroups() throws {
        let text = manifest(pipelines: "{ main: { instruments: [us, sh600519, MSFT, '000001', AAPL], route: daily } }")
        let pipeline = try #require(load(text).manifest).pipelines[0]
        #expect(pipeline.instruments.map(\.description) == ["AAPL.US", "600519.SH", "MSFT.US", "000001.SZ"])
        let all = manifest(
            instruments: "{ us: [AAPL], cn: ['600519', '000001'] }",
            pipelines: "{ main: { instruments: all, route: daily } }")
        #expect(try #require(load(all).manifest).pipelines[0].instruments.count == 3)
    }

    @Test func skipsDisabledInstancesInLists() throws {
        let text = manifest(
            indicators: "{ rsi14: { plugin: rsi }, macd: { plugin: macd, enabled: false } }",
            models: "{ m: { plugin: ridge, enabled: false, target: { return: 1 }, features: [macd] } }",
            sinks: "{ s: { plugin: console, enabled: false } }",
            pipelines:
                "{ main: { instruments: [us], route: daily, indicators: [macd, rsi14], models: [m], sinks: [s] } }")
        let result = load(text)
        let pipeline = try #require(result.manifest, "\(result.report)").pipelines[0]
        #expect(pipeline.indicators == ["rsi14"] && pipeline.models == [] && pipeline.sinks == [])
    }

    private func model(
        _ features: String,
        indicators: String = "{ rsi14: { plugin: rsi }, macd: { plugin: macd }, off: { plugin: rsi, enabled: false } }"
    ) -> String {
        manifest(
            indicators: indicators, models: "{ m: { plugin: ridge, target: { return: 1 }, features: \(features) } }")
    }

    @Test func namesFeaturesByIndicatorAndOutput() throws {
        let manifest = try #require(load(model("[macd, rsi14.value]")).manifest)
        #expect(manifest.models[0].features == .named(["macd.line", "macd.signal", "rsi14"]))
    }

    @Test(arguments: [
        ("[rsi]", "model/m: no indicator 'rsi'."),
        (
            "[macd.singal]",
            "model/m: indicator/macd has no output 'singal'. Did you mean 'signal'? Known: line, signal."
        ),
        (
            "[off]",
            "model/m: the feature 'off' needs indicator/off, which is disabled. Enable it, or remove the feature."
        ), ("[macd, macd.line]", "model/m: 'features' has 'macd.line' twice."),
        ("[]", "model/m: 'features' is empty."), ("[rsi14.]", "has no output ''"),
    ])
    func checksFeatures(_ features: String, _ words: String) {
        let texts = faults(model(features))
        #expect(texts.count == 1 && texts[0].contains(words), "\(texts)")
    }

    @Test func checksThatThePipelineGivesTheFeatures() {
        let pipelines = "{ main: { instruments: [us], route: daily, indicators: [rsi14] } }"
        let text = model("[macd.line, rsi14]").replacing(
            "{ main: { instruments: [us], route: daily } }", with: pipelines)
        #expect(
            faults(text) == [
                "pipeline/main: model/m needs the features macd.line, which its indicators do not give. Add the indicators to the pipeline."
            ])
        let none = model("all").replacing(
            "{ main: { instruments: [us], route: daily } }", with: pipelines.replacing("[rsi14]", with: "[]"))
        #expect(faults(none).first?.contains("model/m has no features, because no indicator is enabled here.") == true)
    }

    @Test func unknownPluginBringsNoFurtherFaultOfFeatures() {
        #expect(faults(model("[x.y]", indicators: "{ x: { plugin: nothing } }")).count == 1)
    }

    private func ensemble(_ members: [String: String], more: String = "") -> String {
        let entries = members.sorted { $0.key < $1.key }
            .map { "\($0.key): { plugin: ensemble, target: { return: 1 }, members: \($0.value)\(more) }" }
        return manifest(models: "{ r: { plugin: ridge, target: { return: 1 } }, \(entries.joined(separator: ", ")) }")
    }

    @Test func checksReferencesOfPluginOptions() {
        #expect(faults(ensemble(["a": "[r]"])) == [])
        #expect(faults(ensemble(["a": "[q]"])).first?.contains("model/a: no model 'q'.") == true)
        #expect(faults(ensemble(["a": "r"])).first?.contains("each the id of a model") == true)
        let off = ensemble(["a": "[r]"]).replacing("r: { plugin: ridge,", with: "r: { plugin: ridge, enabled: false,")
        #expect(faults(off) == ["model/a: model/r is disabled. Enable it, or disable model/a too."])
    }

    @Test func reportsCircles() {
        #expect(
            faults(ensemble(["a": "[a]"])) == [
                "model/a: references lead in a circle: model/a -> model/a. Remove one of them."
            ])
        #expect(
            faults(ensemble(["a": "[r, b]", "b": "[c]", "c": "[r, a]"])) == [
                "model/a: references lead in a circle: model/a -> model/b -> model/c -> model/a. Remove one of them."
            ])
        #expect(faults(ensemble(["a": "[b, c]", "b": "[d]", "c": "[d]", "d": "[r]"])) == [])
    }

    @Test func warnsOfRecordsThatNoPipelineGives() {
        func warnings(_ records: String) -> [String] {
            let sinks = "{ s: { plugin: sqlite, path: x\(records) } }"
            let result = load(
                manifest(
                    sinks: sinks,
                    pipelines:
                        "{ main: { instruments: [us], route: daily, indicators: [rsi14], models: [], sinks: [s] } }")
            )
            #expect(result.manifest != nil)
            return result.warnings.map(\.text)
        }
        #expect(warnings("") == [])
        #expect(warnings(", records: [features, status]") == [])
        #expect(
            warnings(", records: [bars, predictions]") == [
                "sink/s: no pipeline gives it predictions; given are bars, features, alerts, status. Take them out of "
                    + "'records', or add to the pipeline what makes them."
            ])
    }

    @Test func warnsOfWhatIsUnused() {
        let text = manifest(
            instruments: "{ us: [AAPL], cn: ['600519'] }",
            providers: "{ history: { plugin: files, path: d }, spare: { plugin: files, path: d } }",
            routes: "{ daily: { from: [history] }, other: { from: [history] } }",
            indicators: "{ rsi14: { plugin: rsi }, rsi9: { plugin: rsi, period: 9 } }",
            models: "{ m: { plugin: ridge, target: { return: 1 } } }", sinks: "{ s: { plugin: console } }",
            pipelines: "{ main: { instruments: [us], route: daily, indicators: [rsi14], models: [], sinks: [] } }")
        let result = load(text)
        #expect(result.manifest != nil)
        #expect(
            result.warnings.map(\.text) == [
                "instruments/cn: it is used in no pipeline.",
                "provider/spare: it is used in no route. Name it, or set enabled: false.",
                "route/other: it is used in no pipeline. Name it, or remove it.",
                "indicator/rsi9: it is used in no pipeline. Name it, or set enabled: false.",
                "model/m: it is used in no pipeline. Name it, or set enabled: false.",
                "sink/s: it is used in no pipeline. Name it, or set enabled: false.",
            ])
    }
}
