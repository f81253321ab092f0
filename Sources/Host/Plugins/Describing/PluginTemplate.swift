import Glibc
import PluginKit

/// A plugin of `PluginKit/Templates` under another name: it builds, its tests pass, and it runs without a network.
///
/// The templates are plugins like any other, each in its own words; its name, its type and its path to the kit are replaced.
package struct PluginTemplate: Sendable {
    /// The languages there are templates for.
    package enum Language: String, Sendable, CaseIterable {
        /// A library for the dynamic tier.
        case swift
        /// A program for the process tier.
        case python
    }

    /// How a template names the kit, which it lies in.
    private static let ownKitPath = "path: \"../..\""

    /// Kind and name.
    package let id: PluginIdentifier
    /// The language.
    package let language: Language
    /// The folder of PluginKit, absolute or from the working folder: there the template is.
    package let kit: String
    /// Real bars of IBM for `data/IBM.csv`.
    package let bars: [UInt8]

    /// Creates a template; throws for a kit whose path a `Package.swift` cannot hold.
    package init(id: PluginIdentifier, language: Language, kit: String, bars: [UInt8]) throws(PluginFault) {
        guard kit.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != 0x22 && $0 != 0x5C }) else {
            throw PluginFault(
                .file, "\(id): the path \(PluginError.quoted(kit)) has characters that a Package.swift cannot hold.")
        }
        self.id = id
        self.language = language
        self.kit = kit
        self.bars = bars
    }

    /// Returns the texts by their path in the folder; the bars are not among them.
    package func files() throws(PluginFault) -> [String: String] {
        let folder = "\(kit)/Templates/\(language.rawValue)-\(id.kind.rawValue)"
        var texts: [String: String] = [:]
        for entry in try FileTree.entries(folder) where !entry.isFolder {
            texts[entry.path] = String(decoding: try FileTree.read(entry, root: folder), as: UTF8.self)
        }
        let own = try PluginManifest.parse(Array((texts["plugin.yaml"] ?? "").utf8), name: "\(folder)/plugin.yaml").id
        return Dictionary(uniqueKeysWithValues: texts.map { (renamed($0, from: own), renamed($1, from: own)) })
    }

    /// Writes the files to a folder that does not exist yet.
    package func write(to folder: String) throws(PluginFault) {
        guard access(folder, F_OK) != 0 else {
            throw PluginFault(
                .file, "\(PluginError.quoted(folder)): it exists already. Name a new folder, or remove it.")
        }
        for (path, text) in try files().sorted(by: { $0.key < $1.key }) {
            try write(Array(text.utf8), to: "\(folder)/\(path)")
        }
        try write(bars, to: "\(folder)/data/IBM.csv")
    }

    private func write(_ bytes: [UInt8], to target: String) throws(PluginFault) {
        try FileTree.makeFolders(target.lastIndex(of: "/").map { String(target[..<$0]) } ?? target)
        try FileTree.write(bytes, to: target, mode: 0o644)
    }

    private func renamed(_ text: String, from own: PluginIdentifier) -> String {
        text.replacing(own.name, with: id.name).replacing(own.typeName, with: id.typeName)
            .replacing(Self.ownKitPath, with: "path: \"\(kit)\"")
    }
}

extension PluginIdentifier {
    /// The type in Swift or Python: `TokyoStocks` for `tokyo_stocks`.
    fileprivate var typeName: String {
        name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}
