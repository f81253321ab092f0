import Builtin
import HostApp
import HostManifest
import PluginKit
import TestSupport
import Testing

/// What is shipped is what the code says: the manifest, the starter manifest, the JSON Schema, links in documents.
struct ShippedFileTests {
    private static let shipped = ManifestLoader(plugins: Builtin.plugins)
        .load(path: "\(Repository.root)/plugins.yaml", environment: [:])

    @Test func shippedManifestHasNoFaultsAndNoWarnings() {
        let result = Self.shipped
        #expect(result.faults.isEmpty && result.warnings.isEmpty, "\(result.report)")
        #expect(result.manifest?.pipelines.isEmpty == false)
    }

    @Test func shippedDataFolderIsThere() throws {
        let manifest = try #require(Self.shipped.manifest)
        let path = try #require(manifest.settings["providers"]?["history"]?["path"]?.value)
        guard case .text(let folder) = path else { return #expect(Bool(false), "the path is no text") }
        #expect(!Repository.names(in: folder).isEmpty)
    }

    @Test func manifestOfTheInstalledServiceHasNoFaults() throws {
        let text = try Repository.text("deploy/plugins.yaml").replacing("@SHARE@", with: "/usr/share/penstock")
        let result = ManifestLoader(plugins: Builtin.plugins).load(text: text, file: "plugins.yaml")
        #expect(result.faults.isEmpty && result.warnings.isEmpty, "\(result.report)")
    }

    @Test func manifestOfTheContainersHasNoFaults() throws {
        let result = ManifestLoader(plugins: Builtin.plugins).load(
            text: try Repository.text("deploy/compose/plugins.yaml"), file: "plugins.yaml",
            environment: ["postgres_password": "p", "redis_password": "r"])
        #expect(result.faults.isEmpty && result.warnings.isEmpty, "\(result.report)")
    }

    @Test func starterManifestHasNoFaults() {
        let text = StarterManifest(.files("data/history"), instruments: ["AAPL", "600519.SH"]).text
        let result = ManifestLoader(plugins: Builtin.plugins).load(text: text, file: "starter.yaml")
        #expect(result.faults.isEmpty && result.warnings.isEmpty, "\(result.report)")
    }

    @Test(arguments: StarterSources.all.map(\.name)) func starterManifestOfAMarketHasNoFaults(name: String) throws {
        let text = StarterManifest(try #require(StarterSources.named(name))).text
        let result = ManifestLoader(plugins: Builtin.plugins).load(text: text, file: "starter.yaml")
        #expect(result.faults.isEmpty && result.warnings.isEmpty, "\(name)\n\(result.report)")
        let commented = text.replacing("# tushare:", with: "tushare:").replacing("# alpha:", with: "alpha:")
            .replacing("#   ", with: "  ")
        let environment = ["TUSHARE_TOKEN": "t", "ALPHA_VANTAGE_KEY": "k"]
        let whole = ManifestLoader(plugins: Builtin.plugins)
            .load(text: commented, file: "starter.yaml", environment: environment)
        #expect(whole.faults.isEmpty, "\(name)\n\(whole.report)")
    }

    @Test func starterManifestIsForTheFilesThatAreThere() throws {
        let folder = try TemporaryFolder()
        let rows = ["04", "05", "06", "07"].reversed().map { "600519.SH,201001\($0),1,2,1,1,1,0,0,1,1\n" }
        let text = "ts_code,trade_date,open,high,low,close,pre_close,change,pct_chg,vol,amount\n" + rows.joined()
        for name in ["600519.SH.csv", "sz000001.csv", "notes.txt"] { _ = try folder.write(text, to: name) }
        let found = try Builtin.look(into: folder.path)
        #expect(found.instruments.map(\.description) == ["600519.SH", "000001.SZ"])
        #expect(found.timeframe == Timeframe(1, .day))
        #expect(found.options.map { "\($0.name): \($0.value)" } == ["preset: tushare"])
        let starter = StarterManifest(
            .files(folder.path, timeframe: "5m", options: found.options),
            instruments: (600_000..<600_020).map { "\($0).SH" })
        #expect(starter.text.contains("    preset: tushare\n"))
        let result = ManifestLoader(plugins: Builtin.plugins).load(text: starter.text, file: "starter.yaml")
        #expect(result.faults.isEmpty && result.warnings.isEmpty, "\(result.report)")
        #expect(result.manifest?.pipelines.first?.instruments.count == 20)
    }

    @Test func schemaForEditorsIsCurrent() throws {
        let path = "docs/plugins.schema.json"
        let current = JSONSchemaWriter(plugins: Builtin.plugins).text()
        if Repository.updates { return try Repository.write(current, to: path) }
        let isCurrent = try Repository.text(path) == current
        #expect(isCurrent, "\(path): \(Repository.remedy)")
    }

    @Test func samplesInTheGuideToConfigurationAreAccepted() throws {
        for sample in Markdown.code("yaml", in: try Repository.text("docs/configuration.md")) {
            let result = try SampleManifest(sample).load()
            #expect(result.faults.isEmpty, "docs/configuration.md\n\(sample)\n\(result.report)")
        }
    }

    @Test func linksInDocumentsLeadToFiles() throws {
        let documents =
            Repository.names(in: ".").filter { $0.hasSuffix(".md") } + Repository.files(under: "docs", ending: ".md")
            + Repository.files(under: "Sources", ending: ".md") + Repository.files(under: "data", ending: ".md")
        for document in documents {
            let folder = document.split(separator: "/").dropLast().joined(separator: "/")
            for match in try Repository.text(document).matches(of: /\]\(([^)#]+)(#[^)]*)?\)/) {
                let target = match.output.1
                guard !target.contains("://") else { continue }
                let path = folder.isEmpty ? "\(target)" : "\(folder)/\(target)"
                #expect(Repository.has(path), "\(document): (\(target)) leads nowhere")
            }
        }
    }
}
