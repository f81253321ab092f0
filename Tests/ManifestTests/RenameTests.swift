import HostManifest
import PluginKit
import Testing

/// Names that instruments had at a source before.
@Suite struct RenameTests {
    private func text(_ renames: String) -> String {
        manifest(
            providers: "{ history: { plugin: files, path: data, renames: \(renames) } }",
            routes: "{ daily: { from: [history], missing: fill } }", indicators: "{ rsi14: { plugin: rsi } }",
            pipelines: "{ main: { instruments: [us], route: daily } }")
    }

    @Test func namesAreReadWithTheirDays() throws {
        let loaded = load(text("{ META.US: \"none until 2012-05-18, FB.US until 2022-06-09\" }"))
        let manifest = try #require(loaded.manifest, "\(loaded.report)")
        let names = try #require(manifest.providers[0].instance.renames[Instrument(code: "META", venue: "US")]).names
        #expect(names.map(\.instrument) == [nil, Instrument(code: "FB", venue: "US")])
        #expect(names.map { $0.until / 1_000_000_000 } == [1_337_299_200, 1_654_732_800])
        #expect(manifest.routes[0].prices.missing == "fill")
    }

    @Test(arguments: [
        (
            "{ META.US: FB.US }",
            "provider/history: 'renames.META.US' is 'FB.US'; allowed such as FB.US until 2022-06-09"
        ),
        ("{ META.US: FB.US until 2022-13-09 }", "'renames.META.US' is 'FB.US until 2022-13-09'"),
        ("{ META.US: \"FB.US until 2022-06-09, X.US until 2022-06-09\" }", "with ascending days"),
        ("{ \"META US\": FB.US until 2022-06-09 }", "'renames' has 'META US', which is no instrument."),
    ])
    func whatCannotBeReadIsAFaultAtItsPlace(renames: String, message: String) {
        #expect(load(text(renames)).report.contains(message))
    }
}
