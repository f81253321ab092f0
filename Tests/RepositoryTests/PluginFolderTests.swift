import Builtin
import PluginKit
import TestSupport
import Testing

/// Folders of plugins and the list of compiled-in plugins say the same.
struct PluginFolderTests {
    @Test func thereAreFoldersOfEveryKind() {
        for kind in [PluginKind.provider, .model, .sink] {
            #expect(PluginFolder.all.contains { $0.kind == kind }, "no folder of a \(kind.rawValue) was found")
        }
    }

    @Test(arguments: PluginFolder.all) func folderHasItsLineInBuiltin(_ folder: PluginFolder) throws {
        let plugin = try #require(folder.plugin, "\(folder.path): Builtin.plugins has no type of \(folder.module)")
        #expect(plugin.descriptor.kind == folder.kind)
    }

    @Test(arguments: PluginFolder.all) func folderHasTests(_ folder: PluginFolder) throws {
        let files = Repository.files(under: folder.testFolder, ending: "Tests.swift")
        let hasTests = try files.contains { try Repository.imports(of: $0).contains(folder.module) }
        #expect(hasTests, "\(folder.path): no file of \(folder.testFolder) imports \(folder.module)")
    }

    @Test(arguments: PluginFolder.all) func folderHasFewFiles(_ folder: PluginFolder) {
        // Formats, presets, catalogue, order, following and replay of files, and each kind of event, in a file of its own.
        // Each address of Yahoo has a shape of its own; AkShare asks four sources, one of them for trades and figures too; Binance keeps
        // a book; a table of any address is surveyed as a whole before its rows are taken.
        let allowed = ["LocalHistory": 43, "Yahoo": 13, "AkShare": 17, "Binance": 10, "HTTPTable": 9]
        let count = Repository.files(under: folder.path, ending: ".swift").count
        #expect(count <= allowed[folder.name] ?? 8, "\(folder.path): \(count) files; allowed 8")
    }

    @Test func everyPluginInBuiltinHasItsFolderOrFile() {
        let files = Repository.files(under: "Sources/Plugins/Indicators", ending: ".swift")
        for plugin in Builtin.plugins {
            if plugin.descriptor.kind == .indicator {
                #expect(plugin.module == "Indicators", "\(plugin.typeName): indicators are in one module")
                let file = "/\(plugin.typeName.split(separator: ".").last ?? "").swift"
                #expect(files.contains { $0.hasSuffix(file) }, "\(plugin.descriptor.id): no \(file)")
            } else {
                #expect(PluginFolder.all.contains { $0.module == plugin.module }, "\(plugin.typeName): no folder")
            }
        }
    }

    @Test func everyIndicatorFileHasItsLineInBuiltin() throws {
        let listed = Set(Builtin.plugins.map(\.typeName))
        for file in Repository.files(under: "Sources/Plugins/Indicators", ending: ".swift") {
            guard try Repository.text(file).contains("static let descriptor") else { continue }
            let type = file.dropLast(".swift".count).split(separator: "/").last ?? ""
            #expect(listed.contains("Indicators.\(type)"), "\(file): not in Builtin.plugins")
        }
    }

    @Test func pluginsAreListedByKindThenTypeName() {
        let order = PluginKind.allCases
        let keys = Builtin.plugins.map { plugin in
            let place = order.firstIndex(of: plugin.descriptor.kind) ?? 0
            return "\(place) \(plugin.typeName.split(separator: ".").last ?? "")"
        }
        #expect(keys == keys.sorted())
    }

    @Test func noTwoPluginsShareAName() {
        let ids = Builtin.plugins.map(\.descriptor.id)
        #expect(Set(ids).count == ids.count)
    }
}
