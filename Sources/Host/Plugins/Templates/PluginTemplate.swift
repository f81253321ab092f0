import Glibc
import PluginKit

/// The folder of a new plugin: it builds, its tests pass, and it runs without a network.
package struct PluginTemplate: Sendable {
    /// Kind and name.
    package let id: PluginIdentifier
    /// The folder of PluginKit, as the new package names it: absolute, or from the new folder.
    package let kitPath: String

    /// Creates a template for a provider in Swift; throws for other kinds, which have none.
    package init(id: PluginIdentifier, kitPath: String) throws(PluginFault) {
        guard id.kind == .provider else {
            throw PluginFault(
                .manifest,
                "\(id): there is no template for the kind '\(id.kind.rawValue)'; allowed provider. Begin with a plugin "
                    + "of that kind in Sources/Plugins.")
        }
        guard kitPath.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != 0x22 && $0 != 0x5C }) else {
            throw PluginFault(
                .file, "\(id): the path \(PluginError.quoted(kitPath)) has characters that a Package.swift cannot hold."
            )
        }
        self.id = id
        self.kitPath = kitPath
    }

    /// The Swift type: `TokyoStocks` for `tokyo_stocks`.
    package var typeName: String {
        id.name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    /// The Swift module: `TokyoStocksProvider`.
    package var moduleName: String { "\(typeName)Provider" }

    /// The files by their path in the folder.
    package var files: [String: String] {
        let texts = [
            "Package.swift": SwiftProviderTexts.package, "plugin.yaml": SwiftProviderTexts.manifest,
            ".gitignore": SwiftProviderTexts.ignored, "README.md": SwiftProviderTexts.readme,
            "Sources/@MODULE@/@TYPE@.swift": SwiftProviderTexts.provider,
            "Sources/@MODULE@/@TYPE@Messages.swift": SwiftProviderTexts.messages,
            "Tests/@MODULE@Tests/@TYPE@Tests.swift": SwiftProviderTexts.tests,
        ]
        return Dictionary(uniqueKeysWithValues: texts.map { (fill($0), fill($1)) })
    }

    /// Writes the files to a folder that does not exist yet.
    package func write(to folder: String) throws(PluginFault) {
        guard access(folder, F_OK) != 0 else {
            throw PluginFault(
                .file, "\(PluginError.quoted(folder)): it exists already. Name a new folder, or remove it.")
        }
        for (path, text) in files.sorted(by: { $0.key < $1.key }) {
            let target = "\(folder)/\(path)"
            try FileTree.makeFolders(target.lastIndex(of: "/").map { String(target[..<$0]) } ?? folder)
            try FileTree.write(Array(text.utf8), to: target, mode: 0o644)
        }
    }

    private func fill(_ text: String) -> String {
        text.replacing("@MODULE@", with: moduleName).replacing("@TYPE@", with: typeName)
            .replacing("@NAME@", with: id.name).replacing("@KIT@", with: kitPath)
    }
}
