import ArgumentParser
import Builtin
import HostManifest
import HostPlugins
import PluginKit

/// What a shell offers behind a verb: ids out of the manifest and the plugin folder; nothing of a plugin runs.
enum Completions {
    /// Instances of the manifest.
    static let instances = CompletionKind.custom { words, _, _ in
        let names = ((try? ManifestEditor.instances(path: config(words))) ?? []).map(\.name)
        return ids(names)
    }

    /// Models of the manifest.
    static let models = CompletionKind.custom { words, _, _ in
        let names = ((try? ManifestEditor.instances(path: config(words))) ?? []).map(\.name)
        return ids(names.filter { $0.hasPrefix("model/") })
    }

    /// Plugins that are installed, as `kind/name`.
    static let plugins = CompletionKind.custom { words, _, _ in
        let folder = PluginFolder(AvailablePlugins.programs(config: config(words)).settings.folder)
        return folder.discover().plugins.map { "\($0.manifest.id)" }.sorted()
    }

    /// Plugins that are compiled in.
    static let builtin = CompletionKind.custom { _, _, _ in Builtin.plugins.map(\.descriptor.id).sorted() }

    /// Indicators that can be named, without their kind.
    static let indicators = CompletionKind.custom { words, _, _ in
        AvailablePlugins(config: config(words)).all.map(\.descriptor).filter { $0.kind == .indicator }.map(\.name)
            .sorted()
    }

    /// Every plugin that can be named.
    static let all = CompletionKind.custom { words, _, _ in
        AvailablePlugins(config: config(words)).all.map(\.descriptor.id).sorted()
    }

    /// Values of the manifest that `config explain` knows: the sections, the instances, and what stands in them.
    static let paths = CompletionKind.custom { words, _, _ in
        let manifest = AvailablePlugins.loader(runsCode: false)
            .load(path: config(words), environment: ProcessEnvironment.all).manifest
        return manifest.map { paths($0.settings, under: "") } ?? []
    }

    private static func paths(_ setting: Setting, under path: String) -> [String] {
        setting.children.flatMap { child -> [String] in
            let name = path.isEmpty ? child.name : "\(path).\(child.name)"
            return [name] + (Int(child.name) == nil ? paths(child.setting, under: name) : [])
        }
    }

    /// Ids that are unique alone, the others as `kind/id`.
    private static func ids(_ names: [String]) -> [String] {
        let alone = names.map { String($0.drop { $0 != "/" }.dropFirst()) }
        return zip(names, alone).map { name, id in alone.count { $0 == id } == 1 ? id : name }.sorted()
    }

    /// The manifest that the words of the command line name.
    private static func config(_ words: [String]) -> String {
        for (word, next) in zip(words, words.dropFirst()) where word == "--config" { return next }
        let joined = words.first { $0.hasPrefix("--config=") }
        return joined.map { String($0.dropFirst("--config=".count)) } ?? "plugins.yaml"
    }
}
