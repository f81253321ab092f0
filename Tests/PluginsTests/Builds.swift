import FoundationEssentials
import Glibc
import TestSupport

@testable import HostPlugins

/// Libraries that the loader's tests open, built once from the repository's own example and kit.
enum Builds {
    /// Whether they can be built here: the compiler and the sources are there.
    static let isPossible = hasCompiler && FileManager.default.fileExists(atPath: "\(root)/\(example)/Package.swift")

    /// The library of `examples/swift-provider-tokyo`.
    static let tokyo = Result { try build("tokyo") }
    /// The same, built with a kit whose binary interface has another name.
    static let otherABI = Result {
        try build("abi") { kit in
            try replace("pluginkit_abi_2", "pluginkit_abi_999", in: kit)
        }
    }
    /// The same, built with a kit that says it was built by another compiler.
    static let otherCompiler = Result {
        try build("compiler") { kit in try replace("pluginkit_swift_6_", "pluginkit_swift_5_", in: kit) }
    }
    /// The same, with the kit linked into it.
    static let ownKit = Result {
        try build("static") { kit in try replace("type: .dynamic,", "", in: kit) }
    }

    /// The repository's root.
    static let root = Repository.root

    private static let example = "examples/swift-provider-tokyo"
    private static let folder = Result { try TemporaryFolder() }

    private static var hasCompiler: Bool {
        (try? ChildCommand(program: "swift", arguments: ["--version"]).run()) != nil
    }

    private static func build(_ name: String, change: (String) throws -> Void = { _ in }) throws -> String {
        let base = "\(try folder.get().path)/\(name)"
        let kit = "\(base)/PluginKit"
        let plugin = "\(base)/\(example)"
        try FileTree.copy("\(root)/PluginKit", to: kit)
        try change(kit)
        try FileTree.copy("\(root)/\(example)", to: plugin)
        _ = try ChildCommand(
            program: "swift", arguments: ["build", "--package-path", plugin, "--product", "TokyoProvider"], seconds: 300
        ).run()
        return "\(plugin)/.build/debug/libTokyoProvider.so"
    }

    private static func replace(_ what: String, _ by: String, in folder: String) throws {
        for entry in try FileTree.entries(folder) where !entry.isFolder {
            let text = String(decoding: try FileTree.read(entry, root: folder), as: UTF8.self)
            try text.replacing(what, with: by).write(
                toFile: "\(folder)/\(entry.path)", atomically: true, encoding: .utf8)
        }
    }
}
