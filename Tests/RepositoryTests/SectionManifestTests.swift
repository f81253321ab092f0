import Builtin
import HostManifest
import PluginKit
import Testing

/// Columns that compare instruments, in the manifest: their short form, their groups, and where faults are shown.
struct SectionManifestTests {
    private static func load(
        _ entry: String, target: String = "return: 1 bar", pipeline: String = ""
    ) -> ManifestResult {
        ManifestLoader(plugins: Builtin.plugins).load(
            text: """
                version: 1
                instruments: { tech: [AAPL, MSFT], old: [IBM] }
                providers: { history: { plugin: local_history, path: data/history } }
                routes: { daily: { from: [history] } }
                indicators:
                  ret20: { plugin: rate_of_change, period: 20 }
                  macd: { plugin: macd }
                  r20: \(entry)
                models:
                  next: { plugin: ridge, target: { \(target) }, features: [ret20, r20] }
                pipelines: { main: { instruments: all, route: daily\(pipeline) } }
                """, file: "plugins.yaml")
    }

    @Test(
        arguments: [
            "{ cross: rank, of: ret20 }", "{ cross: zscore, of: macd.histogram, min: 3 }",
            "{ plugin: cross_section, cross: demean, of: ret20 }",
        ]) func aColumnThatComparesIsAnIndicator(entry: String) throws
    {
        let result = Self.load(entry, pipeline: ", wait: 30s")
        let manifest = try #require(result.manifest, "\(result.faults.map(\.rendered))")
        #expect(manifest.indicators.map(\.featureNames).last == ["r20"])
        let section = try #require(manifest.pipelines[0].section)
        #expect(section.wait == .seconds(30) && section.groups == ["r20": []])
    }

    @Test func groupsAreThoseOfTheInstruments() throws {
        let section = try #require(
            Self.load("{ cross: rank, of: ret20, by: [tech, old] }").manifest?.pipelines[0].section)
        #expect(section.groups["r20"]?.map { $0.map(\.code) } == [["AAPL", "MSFT"], ["IBM"]])
        #expect(section.wait == .seconds(5))
    }

    @Test(
        arguments: [
            ("{ cross: rank, of: ret02 }", "ret02"), ("{ cross: rank, of: macd }", "macd"),
            ("{ cross: rank, of: r20 }", "r20"), ("{ cross: rank, of: ret20, by: [tec] }", "tec"),
            ("{ cross: ranks, of: ret20 }", "ranks"),
        ]) func aFaultIsShownAtItsPlace(entry: String, wrong: String) throws
    {
        let result = Self.load(entry)
        let fault = try #require(result.faults.first)
        #expect(fault.line == 8)
        let shown = Array(fault.excerpt)[fault.excerptColumn..<fault.excerptColumn + fault.length]
        #expect(String(shown) == wrong, "\(fault.rendered)")
    }

    @Test func anInputHasNoRowsToCompare() {
        let result = Self.load(
            "{ cross: rank, of: ret20 }",
            pipeline: ", inputs: { week: { kind: bar, timeframe: 1w, indicators: [r20] } }")
        #expect(
            result.faults.contains { $0.message.contains("is filled in where a pipeline has its rows") },
            "\(result.faults)")
    }

    @Test func aTargetThatComparesMakesRowsWait() throws {
        let plain = "{ plugin: rate_of_change, period: 5 }"
        #expect(try #require(Self.load(plain).manifest).pipelines[0].section == nil)
        let section = try #require(Self.load(plain, target: "excess_return: 5").manifest?.pipelines[0].section)
        #expect(section.columns.isEmpty && section.wait == .seconds(5))
    }

    @Test func aChangedGroupBeginsThePipelineAnew() throws {
        let old = try #require(Self.load("{ cross: rank, of: ret20, by: [tech, old] }").manifest)
        let new = try #require(Self.load("{ cross: rank, of: ret20, by: [old, tech] }").manifest)
        #expect(ReloadPlan(from: old, to: new).effect(on: "main") == .restarted)
        #expect(ReloadPlan(from: old, to: old).effect(on: "main") == .unchanged)
    }
}
