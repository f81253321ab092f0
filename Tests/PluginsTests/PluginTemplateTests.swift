import FoundationEssentials
import HostManifest
import PluginKit
import TestSupport
import Testing

@testable import HostPlugins

struct PluginTemplateTests {
    private static let kit = "\(Builds.root)/PluginKit"

    @Test(.enabled(if: Builds.isPossible, "needs the Swift compiler")) func aNewProviderBuildsAndPassesAndIsOpened()
        throws
    {
        let temporary = try TemporaryFolder()
        let id = try #require(PluginIdentifier("provider/osaka_bars"))
        let kit = "\(temporary.path)/PluginKit"
        try FileTree.copy("\(Builds.root)/PluginKit", to: kit)
        let folder = "\(temporary.path)/new"
        try PluginTemplate(id: id, language: .swift, kit: kit, bars: []).write(to: folder)
        _ = try ChildCommand(program: "swift", arguments: ["test", "--package-path", folder], seconds: 400).run()
        let library = Array(
            try Data(contentsOf: URL(filePath: "\(folder)/.build/debug/libOsakaBarsProvider.so")))
        try temporary.write(library, to: "new/lib/libOsakaBarsProvider.so", mode: 0o755)
        let plugins = PluginFolder("\(temporary.path)/plugins")
        _ = try PluginInstaller(plugins).install(.folder(folder)) { _ in true }
        let settings = PluginSettings(folder: plugins.path, state: "\(temporary.path)/state")
        let finder = InstalledPlugins(taken: [], runtime: PluginRuntime())
        let type = try #require(finder.plugins(settings).first)
        #expect(finder.faults.isEmpty)
        #expect(type.descriptor.id == "provider/osaka_bars")
        let options = ["path": ConfigurationValue.text("data")]
        #expect(type.validate(Configuration(instance: "provider/x", values: options)).isEmpty)
        let other = InstalledPlugins(taken: ["provider/osaka_bars"], runtime: PluginRuntime())
        #expect(other.plugins(settings).isEmpty)
        #expect(other.faults.first?.message.contains("the host has a plugin of that name") == true)
    }

    @Test func aMissingTemplateIsTold() throws {
        let id = try #require(PluginIdentifier("provider/x"))
        #expect(throws: PluginFault.self) {
            try PluginTemplate(id: id, language: .python, kit: "/nonexistent", bars: []).files()
        }
    }

    @Test func anExistingFolderIsLeftAlone() throws {
        let temporary = try TemporaryFolder()
        let template = try PluginTemplate(
            id: try #require(PluginIdentifier("provider/x")), language: .python, kit: Self.kit, bars: [])
        #expect(throws: PluginFault.self) { try template.write(to: temporary.path) }
    }

    @Test(arguments: PluginKind.allCases, PluginTemplate.Language.allCases)
    func everyKindHasATemplateInEveryLanguage(kind: PluginKind, language: PluginTemplate.Language) throws {
        let id = try #require(PluginIdentifier(kind: kind, name: "osaka_bars"))
        let files = try PluginTemplate(id: id, language: language, kit: Self.kit, bars: []).files()
        for (path, text) in files {
            #expect(
                [path, text].allSatisfy { $0.firstMatch(of: /example_|Example/) == nil && !$0.contains("\"../..\"") },
                "\(path) still has a name of the template")
        }
        let manifest = try PluginManifest.parse(Array(try #require(files["plugin.yaml"]).utf8))
        #expect(manifest.id == id && manifest.tier == (language == .swift ? .dynamic : .process))
        let sources = language == .swift ? "Sources/OsakaBars\(kind.rawValue.capitalized)/OsakaBars.swift" : "plugin.py"
        #expect(files[sources]?.contains("osaka_bars") == true && files["conformance.yaml"] != nil)
    }
}

extension String {
    /// With a large first letter.
    fileprivate var capitalized: String { prefix(1).uppercased() + dropFirst() }
}
