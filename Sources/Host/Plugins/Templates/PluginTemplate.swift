import Glibc
import PluginKit

/// The folder of a new plugin: it builds, its tests pass, and it runs without a network.
package struct PluginTemplate: Sendable {
    /// The languages there are templates for.
    package enum Language: String, Sendable, CaseIterable {
        /// A library for the dynamic tier.
        case swift
        /// A program for the process tier.
        case python
    }

    /// Kind and name.
    package let id: PluginIdentifier
    /// The language.
    package let language: Language
    /// The folder of PluginKit, as the new package names it: absolute, or from the new folder.
    package let kitPath: String
    /// Real bars of IBM for `data/IBM.csv`.
    package let bars: [UInt8]

    /// Creates a template; throws for a kit whose path a `Package.swift` cannot hold.
    package init(
        id: PluginIdentifier, language: Language, kitPath: String, bars: [UInt8]
    ) throws(PluginFault) {
        guard kitPath.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F && $0 != 0x22 && $0 != 0x5C }) else {
            throw PluginFault(
                .file, "\(id): the path \(PluginError.quoted(kitPath)) has characters that a Package.swift cannot hold."
            )
        }
        self.id = id
        self.language = language
        self.kitPath = kitPath
        self.bars = bars
    }

    /// The type: `TokyoStocks` for `tokyo_stocks`.
    package var typeName: String {
        id.name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    /// The Swift module: `TokyoStocksProvider`.
    package var moduleName: String { typeName + id.kind.rawValue.prefix(1).uppercased() + id.kind.rawValue.dropFirst() }

    /// The files by their path in the folder, but for the bars.
    package var files: [String: String] {
        var texts = [
            "plugin.yaml": manifest, "conformance.yaml": SharedTexts.sample(id.kind),
            "plugins.yaml": SharedTexts.host(id.kind),
        ]
        if id.kind == .provider { texts.merge(SharedTexts.damaged) { _, new in new } }
        texts.merge(language == .swift ? swift : python) { _, new in new }
        return Dictionary(uniqueKeysWithValues: texts.map { (fill($0), fill($1)) })
    }

    /// Writes the files to a folder that does not exist yet.
    package func write(to folder: String) throws(PluginFault) {
        guard access(folder, F_OK) != 0 else {
            throw PluginFault(
                .file, "\(PluginError.quoted(folder)): it exists already. Name a new folder, or remove it.")
        }
        for (path, text) in files.sorted(by: { $0.key < $1.key }) {
            try write(Array(text.utf8), to: "\(folder)/\(path)")
        }
        try write(bars, to: "\(folder)/data/IBM.csv")
    }

    private func write(_ bytes: [UInt8], to target: String) throws(PluginFault) {
        try FileTree.makeFolders(target.lastIndex(of: "/").map { String(target[..<$0]) } ?? target)
        try FileTree.write(bytes, to: target, mode: 0o644)
    }

    private var manifest: String {
        let program =
            language == .swift
            ? "tier: dynamic\nlibrary: lib/lib@MODULE@.so" : "tier: process\ncommand: [python3, plugin.py]"
        return """
            # What a host reads before it runs anything of this folder. `penstock plugins describe .` writes the options and
            # capabilities anew after the descriptor changed.
            id: @KIND@/@NAME@
            version: 0.1.0
            summary: @ABOUT@
            stability: experimental
            \(program)
            \(SharedTexts.description(id.kind))
            """
    }

    private var swift: [String: String] {
        let source = "Sources/@MODULE@/@TYPE@"
        var texts = [
            "Package.swift": SwiftTexts.package, "Makefile": SwiftTexts.makefile, ".gitignore": SwiftTexts.ignored,
            "README.md": SwiftTexts.readme, "Sources/@MODULE@/Entry.swift": SwiftTexts.entry,
        ]
        let tests = "Tests/@MODULE@Tests/@TYPE@Tests.swift"
        switch id.kind {
        case .provider:
            texts["\(source).swift"] = SwiftProviderTexts.provider
            texts["\(source)Messages.swift"] = SwiftProviderTexts.messages
            texts[tests] = SwiftProviderTexts.tests
        case .indicator:
            texts["\(source).swift"] = SwiftIndicatorTexts.indicator
            texts[tests] = SwiftIndicatorTexts.tests
        case .model:
            texts["\(source).swift"] = SwiftModelTexts.model
            texts["\(source)Artifact.swift"] = SwiftModelTexts.artifact
            texts[tests] = SwiftModelTexts.tests
        case .sink:
            texts["\(source).swift"] = SwiftSinkTexts.sink
            texts["\(source)Lines.swift"] = SwiftSinkTexts.lines
            texts[tests] = SwiftSinkTexts.tests
        }
        return texts
    }

    private var python: [String: String] {
        let texts = PythonKindTexts(id.kind)
        return [
            ".gitignore": PythonTexts.ignored, "README.md": PythonTexts.readme, "plugin.py": texts.plugin,
            "@NAME@.py": texts.parts, "test_@NAME@.py": texts.tests,
        ]
    }

    private func fill(_ text: String) -> String {
        let program = language == .swift ? "{ library: lib/lib\(moduleName).so }" : "{ command: [python3, plugin.py] }"
        return text.replacing("@PROGRAM@", with: program).replacing("@ABOUT@", with: SharedTexts.about(id.kind))
            .replacing("@MODULE@", with: moduleName).replacing("@TYPE@", with: typeName)
            .replacing("@NAME@", with: id.name).replacing("@KIND@", with: id.kind.rawValue)
            .replacing("@KIT@", with: kitPath).replacing("@TAB@", with: "\t")
    }
}
