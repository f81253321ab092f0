package import PluginKit

/// The doc comment of an indicator's type, as its file has it.
package struct IndicatorComment {
    /// Its lines without the slashes.
    package let lines: [String]

    /// Reads the comment before `public struct <Type>`.
    package init(of plugin: PluginType) throws {
        let type = Self.type(of: plugin)
        let file = try Self.file(of: plugin)
        let all = try Repository.text(file).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        let end = all.firstIndex { $0.hasPrefix("public struct \(type):") } ?? all.endIndex
        let start = all[..<end].lastIndex { !$0.hasPrefix("///") }.map { $0 + 1 } ?? 0
        lines = all[start..<end].map { String($0.dropFirst(3).drop { $0 == " " }) }
    }

    /// Returns a row of its table; empty where there is none.
    package func row(_ name: String) -> String {
        let start = "| \(name) | "
        return lines.first { $0.hasPrefix(start) }.map { String($0.dropFirst(start.count).dropLast(2)) } ?? ""
    }

    /// Returns the folder of its file: the family.
    package static func family(of plugin: PluginType) throws -> String {
        let parts = try file(of: plugin).split(separator: "/")
        return String(parts[parts.count - 2])
    }

    private static func type(of plugin: PluginType) -> String {
        plugin.typeName.split(separator: ".").last.map(String.init) ?? ""
    }

    private static func file(of plugin: PluginType) throws -> String {
        let name = "/\(type(of: plugin)).swift"
        let files = Repository.files(under: "Sources/Plugins/Indicators", ending: ".swift")
        guard let file = files.first(where: { $0.hasSuffix(name) }) else {
            throw PluginError(.notFound, "no file \(name)")
        }
        return file
    }

    /// Returns the words in backquotes.
    package static func words(in text: String) -> [String] {
        text.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
            .map { String($0.element) }
    }
}
