import Builtin
import HostManifest
import PluginKit
import Testing

/// A formula in the manifest: its short form, its columns, and where its faults are shown.
struct ExpressionManifestTests {
    private static func load(_ entry: String) -> ManifestResult {
        ManifestLoader(plugins: Builtin.plugins).load(
            text: """
                version: 1
                instruments: { us: [AAPL] }
                providers: { history: { plugin: local_history, path: data/history } }
                routes: { daily: { from: [history] } }
                indicators:
                  z20: \(entry)
                pipelines: { main: { instruments: all, route: daily } }
                """, file: "plugins.yaml")
    }

    @Test(
        arguments: [
            #"{ expr: "(close - sma(close, 20)) / stddev(close, 20)" }"#, "{ plugin: expression, expr: close - open }",
        ]) func formulaIsAnIndicator(entry: String) throws
    {
        let manifest = try #require(Self.load(entry).manifest)
        #expect(manifest.indicators.map(\.instance.plugin.descriptor.id) == ["indicator/expression"])
        #expect(manifest.indicators[0].featureNames == ["z20"])
    }

    @Test(arguments: [("alpha158", 158), ("alpha360", 360), ("candle_pattern", 61)])
    func aBundleIsASetOfColumns(name: String, count: Int) throws {
        let manifest = try #require(Self.load("{ bundle: \(name) }").manifest)
        #expect(manifest.indicators.map(\.instance.plugin.descriptor.id) == ["indicator/\(name)"])
        #expect(manifest.indicators[0].featureNames.count == count)
        #expect(manifest.indicators[0].featureNames.allSatisfy { $0.hasPrefix("z20.") })
    }

    @Test(arguments: [
        ("{ bundle: alpha185 }", "no indicator plugin 'alpha185'. Did you mean 'alpha158'?", "alpha185"),
        ("{ bundle: sma }", "'bundle' is 'sma', which is no set; allowed alpha158, alpha360, candle_pattern.", "sma"),
        ("{ bundle: alpha158, plugin: sma }", "the key 'bundle' is unknown", "bundle"),
    ]) func aBundleThatIsNoneIsShownAtItsPlace(entry: String, message: String, wrong: String) throws {
        let fault = try #require(Self.load(entry).faults.first)
        #expect(fault.rendered.contains(message), "\(fault.rendered)")
        let shown = Array(fault.excerpt)[fault.excerptColumn..<fault.excerptColumn + fault.length]
        #expect(fault.line == 6 && String(shown) == wrong)
    }

    @Test func namedStatementsAreColumns() throws {
        let result = Self.load(#"{ expr: "up = max(close - open, 0); down = max(open - close, 0)" }"#)
        #expect(try #require(result.manifest).indicators[0].featureNames == ["z20.up", "z20.down"])
    }

    @Test(
        arguments: [
            (#"{ expr: "close + smaa(open, 3)" }"#, "smaa"), ("{ expr: close - clsoe }", "clsoe"),
            (#"{ expr: 'ref(close, -1)', enabled: true }"#, "-1"),
        ]) func faultIsShownAtItsPlace(entry: String, wrong: String) throws
    {
        let result = Self.load(entry)
        let fault = try #require(result.faults.first)
        #expect(result.faults.count == 1)
        #expect(fault.line == 6)
        let shown = Array(fault.excerpt)[fault.excerptColumn..<fault.excerptColumn + fault.length]
        #expect(String(shown) == wrong, "\(fault.rendered)")
    }
}
