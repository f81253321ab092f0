import FoundationEssentials
import HostManifest
import PluginKit
import Testing

@testable import HostPlugins

struct PluginTemplateTests {
    @Test(.enabled(if: Builds.isPossible, "needs the Swift compiler")) func aNewProviderBuildsAndPassesAndIsOpened()
        throws
    {
        let temporary = try TemporaryFolder()
        let id = try #require(PluginIdentifier("provider/osaka_bars"))
        let kit = "\(temporary.path)/PluginKit"
        try FileTree.copy("\(Builds.root)/PluginKit", to: kit)
        let folder = "\(temporary.path)/new"
        try PluginTemplate(id: id, kitPath: kit).write(to: folder)
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

    @Test func anExistingFolderIsLeftAlone() throws {
        let temporary = try TemporaryFolder()
        let template = try PluginTemplate(id: try #require(PluginIdentifier("provider/x")), kitPath: "../PluginKit")
        #expect(throws: PluginFault.self) { try template.write(to: temporary.path) }
    }

    @Test func kindsWithoutATemplateAreNamed() throws {
        let id = try #require(PluginIdentifier("model/x"))
        #expect(throws: PluginFault.self) { try PluginTemplate(id: id, kitPath: "k") }
    }
}
