import FoundationEssentials
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
        let loader = DynamicLoader(stateFolder: "\(temporary.path)/state")
        let loaded = InstalledPlugins.load(from: plugins, with: loader, taken: []) { _ in
            throw PluginFault(.unloadable, "not of this tier")
        }
        #expect(loaded.faults.isEmpty)
        #expect(loaded.plugins.map(\.descriptor.id) == ["provider/osaka_bars"])
        let refused = InstalledPlugins.load(from: plugins, with: loader, taken: ["provider/osaka_bars"]) { _ in
            throw PluginFault(.unloadable, "not of this tier")
        }
        #expect(refused.faults.first?.message.contains("the host has a plugin of that name") == true)
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
