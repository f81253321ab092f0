import HostManifest
import PluginKit
import Testing

@Suite struct CanonicalTextTests {
    private func model(_ options: String) throws -> String {
        let text = manifest(models: "{ m: { plugin: ridge, target: { return: 1 }, \(options) } }")
        return CanonicalText.of(try #require(load(text).manifest).models[0])
    }

    @Test func writesPluginOptionsAndWhatTheArtifactDependsOn() throws {
        #expect(
            try model("alpha: 2, note: \"a\\n\\\"b\\\"\"") == """
                plugin=model/ridge 1.2.0
                alpha=n:2.0
                holdout=n:0.1
                intercept=b:true
                note=t:"a\\n\\"b\\""
                quantile=n:0.5
                solver=t:"cholesky"
                target=return over 1 bar
                features=all
                seed=42
                per=pool
                validation=walk_forward,5,1,all,5,250
                """)
    }

    @Test func changesWithValuesOnly() throws {
        let base = try model("alpha: 2")
        #expect(try model("solver: cholesky, threads: 8, on_failure: ignore, alpha: \"2.0\"") == base)
        #expect(try model("alpha: 2.5") != base)
        #expect(try model("alpha: 2, seed: 7") != base)
        #expect(try model("alpha: 2, features: [rsi14]") != base)
        #expect(try model("alpha: 2, validation: { folds: 4 }") != base)
    }

    @Test func writesNoSecret() throws {
        let text = { (key: String) in
            let manifest = load(
                manifest(
                    providers: "{ history: { plugin: files, path: d, api_key: \(key), only: [A], rename: { b: c } } }"))
            return CanonicalText.of(try #require(manifest.manifest).providers[0].instance)
        }
        let first = try text("hunter2")
        #expect(try first == text("other"))
        #expect(!first.contains("hunter2") && first.contains("api_key=secret") && first.contains("only=[t:\"A\"]"))
        #expect(
            first.contains("timeout=d:10.0") && first.contains("columns={\"close\"=t:\"close\",\"date\"=t:\"date\"}"))
        #expect(CanonicalText.of(.integer(3)) == "i:3")
    }
}
