import Builtin
import PluginKit
import TestSupport
import Testing

/// A folder of one provider, model or sink.
struct PluginFolder: Sendable, CustomTestStringConvertible {
    /// The kind of its plugin.
    let kind: PluginKind
    /// The folder's own name: `LocalHistory`.
    let name: String

    /// Every such folder, as the file system has them; not those of programs, which are no part of the host.
    static let all: [PluginFolder] = [PluginKind.provider, .model, .sink].flatMap { kind in
        Repository.names(in: "Sources/Plugins/\(section(kind))").map { PluginFolder(kind: kind, name: $0) }
    }.filter { !Repository.names(in: $0.path).contains("plugin.yaml") }

    /// Where it is.
    var path: String { "Sources/Plugins/\(Self.section(kind))/\(name)" }
    /// How a test's message names it.
    var testDescription: String { path }
    /// Its README.
    var readmePath: String { "\(path)/README.md" }
    /// Its module: `LocalHistoryProvider`.
    var module: String { name + Self.word(kind) }
    /// Where its tests are.
    var testFolder: String { "Tests/Plugins/\(Self.word(kind))Tests" }

    /// The plugin in `Builtin` that comes from its module.
    var plugin: PluginType? { Builtin.plugins.first { $0.module == module } }

    private static func word(_ kind: PluginKind) -> String {
        kind.rawValue.prefix(1).uppercased() + kind.rawValue.dropFirst()
    }

    private static func section(_ kind: PluginKind) -> String { word(kind) + "s" }
}

extension PluginType {
    /// The module of the plugin's type.
    var module: String { String(typeName.prefix { $0 != "." }) }
}
