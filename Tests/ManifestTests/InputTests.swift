import HostManifest
import PluginKit
import TestSupport
import Testing

/// Inputs beside the driving events of a pipeline.
@Suite struct InputTests {
    private func text(_ inputs: String, kind: String = "bar") -> String {
        manifest(
            providers: "{ history: { plugin: files, path: data }, statements: { plugin: reports } }",
            routes: "{ daily: { from: [history] }, reports: { from: [statements] } }",
            indicators: "{ rsi14: { plugin: rsi }, rsi5: { plugin: rsi, period: 5 }, eps: { plugin: eps } }",
            pipelines: "{ main: { instruments: [us], route: daily, indicators: [rsi14], inputs: \(inputs) } }")
    }

    @Test func anInputHasDefaults() throws {
        let loaded = load(text("{ weeks: { kind: bar, timeframe: 1w, indicators: [rsi5], max_age: 10d } }"))
        let pipeline = try #require(loaded.manifest?.pipelines.first)
        let input = try #require(pipeline.inputs.first)
        #expect(input.name == "weeks" && input.route == "daily" && input.timeframe == Timeframe(1, .week))
        #expect(input.fields == ["open", "high", "low", "close", "volume", "amount"])
        #expect(input.indicators == ["rsi5"] && input.maxAge == .seconds(864_000))
        #expect(pipeline.allIndicators == ["rsi14", "rsi5"])
    }

    /// Its provider gives figures on request only, and the bars play the past: all figures are asked for before.
    @Test(arguments: ["[eps]", "all"]) func figuresAreCarriedByTheirIndicators(indicators: String) throws {
        let loaded = load(text("{ known: { kind: figure, route: reports, indicators: \(indicators), max_age: 400d } }"))
        #expect(loaded.faults.isEmpty, "\(loaded.faults.map(\.text))")
        let pipeline = try #require(loaded.manifest?.pipelines.first)
        let input = try #require(pipeline.inputs.first)
        #expect(input.kind == .figure && input.fields.isEmpty && input.indicators == ["eps"])
        #expect(pipeline.indicators == ["rsi14"])
    }

    @Test(arguments: [
        ("{ weeks: {} }", "'inputs.weeks.kind' is missing"),
        ("{ weeks: { kind: figure } }", "provider/history of route/daily gives no figure events"),
        ("{ weeks: { kind: figure, route: reports } }", "it has no indicators, and a figure is carried by one"),
        ("{ weeks: { kind: figure, route: reports, fields: [eps] } }", "figure events have no field 'eps'"),
        ("{ weeks: { kind: figure, route: reports, indicators: [rsi5] } }", "indicator/rsi5 reads bar events"),
        ("{ weeks: { kind: bar, route: dayly } }", "no route 'dayly'. Did you mean 'daily'?"),
        ("{ weeks: { kind: bar, fields: [clos] } }", "bar events have no field 'clos'. Did you mean 'close'?"),
        ("{ weeks: { kind: bar, fields: [close, close] } }", "'fields' has 'close' twice"),
        ("{ weeks: { kind: bar, indicators: [rsi6] } }", "no indicator 'rsi6'"),
        ("{ tape: { kind: trade } }", "provider/history of route/daily gives no trade events"),
        ("{ tape: { kind: trade, indicators: [rsi5] } }", "indicator/rsi5 reads bar events, and 'kind' is trade"),
        ("{ Weeks: { kind: bar } }", "inputs.Weeks: the name is none"),
        ("{ rsi14: { kind: bar } }", "an indicator of the pipeline has this name"),
        ("{ weeks: { kind: bar, max_age: 0s } }", "'inputs.weeks.max_age' is 0s"),
        ("[weeks]", "'inputs' is a list"),
    ])
    func whatAnInputCannotBeIsReported(_ inputs: String, _ words: String) {
        let texts = faults(text(inputs))
        #expect(texts.contains { $0.contains(words) }, "\(texts)")
    }

    @Test(arguments: [
        ("{ weeks: { kind: bar, timeframe: 1w } }", ReloadPlan.Effect.unchanged),
        ("{ weeks: { kind: bar, timeframe: 1w, fields: [close] } }", .restarted),
        ("{ weeks: { kind: bar, timeframe: 1w, indicators: [rsi5] } }", .restarted),
        ("{}", .restarted),
    ])
    func anotherInputBeginsThePipelineAnew(_ inputs: String, effect: ReloadPlan.Effect) throws {
        let old = try #require(load(text("{ weeks: { kind: bar, timeframe: 1w } }")).manifest)
        let new = try #require(load(text(inputs)).manifest)
        #expect(ReloadPlan(from: old, to: new).effect(on: "main") == effect)
    }

    @Test func barsAreBuilt() throws {
        let text = manifest(
            pipelines:
                "{ main: { instruments: [us], route: daily, timeframe: 1w, shape: { from: bar, timeframe: 1d } } }")
        let shape = try #require(load(text).manifest?.pipelines.first?.shape)
        #expect(shape.source == .bar && shape.timeframe == Timeframe(1, .day) && shape.cut == .time && shape.size == 0)
    }

    @Test(arguments: [
        ("{}", "'shape.from' is missing"),
        ("{ from: quote }", "'shape.from' is 'quote'"),
        ("{ from: trade }", "provider/history of route/daily gives no trade events"),
        ("{ from: bar }", "'shape.timeframe' is missing"),
        ("{ from: bar, timeframe: 1w }", "'shape.timeframe' is 1w, and the bars built of them are 1w"),
        ("{ from: bar, timeframe: 1d, by: volume, size: 3 }", "'shape.by' is volume, which counts trades"),
        ("{ from: bar, timeframe: 1d, size: 3 }", "'shape.size' means nothing with by: time"),
        ("{ from: trade, by: volume }", "'shape.size' is missing"),
    ])
    func whatABarCannotBeBuiltOfIsReported(_ shape: String, _ words: String) {
        let texts = faults(
            manifest(pipelines: "{ main: { instruments: [us], route: daily, timeframe: 1w, shape: \(shape) } }"))
        #expect(texts.contains { $0.contains(words) }, "\(texts)")
    }
}
