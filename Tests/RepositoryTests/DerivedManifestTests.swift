import Builtin
import HostManifest
import PluginKit
import Testing

/// Formulas over rows, in the manifest: what they may name, and where faults are shown.
struct DerivedManifestTests {
    private static func load(_ entry: String, growth: String = "{ derive: pe / 2 }") -> ManifestResult {
        ManifestLoader(plugins: Builtin.plugins).load(
            text: """
                version: 1
                instruments: { us: [AAPL] }
                providers: { history: { plugin: local_history, path: data/history } }
                routes: { daily: { from: [history] } }
                indicators:
                  eps: { plugin: figure, item: eps, as: ttm }
                  rsi14: { plugin: rsi, period: 14 }
                  pe: \(entry)
                  growth: \(growth)
                models:
                  next: { plugin: ridge, target: { return: 1 bar }, features: [growth] }
                pipelines:
                  main:
                    instruments: all
                    route: daily
                    inputs: { known: { kind: figure, route: daily, indicators: [eps] } }
                """, file: "plugins.yaml")
    }

    @Test func aFormulaNamesWhatARowHas() throws {
        let result = Self.load("{ derive: \"price / known.eps * (rsi14 < 70)\" }")
        #expect(result.manifest == nil)
        let manifest = try #require(Self.load("{ derive: price / known.eps }").manifest)
        let pipeline = manifest.pipelines[0]
        #expect(pipeline.indicators == ["rsi14", "pe", "growth"] && pipeline.section == nil)
        #expect(manifest.origins(of: ["growth"], in: pipeline) == ["growth", "pe", "price", "known.eps"])
    }

    @Test(arguments: [
        ("{ derive: price / known.esp }", "'derive' names 'known.esp', which is no column of pipeline/main."),
        ("{ derive: price / eps }", "'derive' names 'eps', which is no column"),
        ("{ derive: growth + 1 }", "columns of pipeline/main read each other, so none has a value: pe, growth."),
        ("{ derive: price / }", "indicator/pe: column 8: the end stands where a value must"),
    ]) func aFaultIsShownAtItsPlace(entry: String, message: String) throws {
        let result = Self.load(entry)
        let fault = try #require(result.faults.first)
        #expect(fault.line == 8 && fault.message.contains(message), "\(fault.rendered)")
    }

    @Test func anotherFormulaIsAnotherFeature() throws {
        let old = try #require(Self.load("{ derive: price / known.eps }").manifest)
        let new = try #require(Self.load("{ derive: known.eps / price }").manifest)
        #expect(ReloadPlan(from: old, to: new).effect(on: "main") != .unchanged)
    }
}
