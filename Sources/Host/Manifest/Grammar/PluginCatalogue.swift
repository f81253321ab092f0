package import PluginKit
import RowColumns

/// The plugins a manifest can name, by kind and name.
package struct PluginCatalogue: Sendable {
    /// The plugins in the order they were given.
    package let plugins: [PluginType]
    /// Names of all options that hold secrets, and names that always tell one.
    let secretNames: [String]
    private let byID: [String: PluginType]

    /// Creates a catalogue; of two plugins with one kind and name the first counts.
    package init(_ plugins: [PluginType]) {
        self.plugins = plugins
        byID = Dictionary(plugins.map { ($0.descriptor.id, $0) }, uniquingKeysWith: { first, _ in first })
        let fields = plugins.flatMap { $0.descriptor.schema.options.map { Field($0) } }
        secretNames = Set(SecretWords.always + fields.flatMap(Self.secrets)).sorted()
    }

    /// Creates the catalogue of what an instance can be of: the plugins, and the columns that the host fills in itself.
    package init(with plugins: [PluginType]) { self.init(plugins + [CrossColumn.plugin]) }

    /// Returns the plugin of a kind and name.
    package func plugin(_ kind: PluginKind, _ name: String) -> PluginType? { byID["\(kind.rawValue)/\(name)"] }

    /// Returns the names of a kind, sorted.
    package func names(_ kind: PluginKind) -> [String] {
        Set(plugins.map(\.descriptor).filter { $0.kind == kind }.map(\.name)).sorted()
    }

    /// Returns the kinds that have a plugin of the name.
    package func kinds(of name: String) -> [PluginKind] { PluginKind.allCases.filter { plugin($0, name) != nil } }

    /// What is wrong with the plugins themselves: names twice, options that the host reads itself.
    var defects: [String] {
        var seen: Set<String> = []
        var defects: [String] = []
        for descriptor in plugins.map(\.descriptor) {
            if !seen.insert(descriptor.id).inserted {
                defects.append("\(descriptor.id): the plugin is registered twice.")
            }
            var names = Set(HostFields.envelope(of: descriptor).map(\.name))
            for option in descriptor.schema.options where !names.insert(option.name).inserted {
                defects.append(
                    "\(descriptor.id): its option '\(option.name)' is declared twice or is a key of the host.")
            }
        }
        return defects
    }

    private static func secrets(_ field: Field) -> [String] {
        switch field.type {
        case .secret: [field.name]
        case .list(.secret, _), .map(.secret): [field.name]
        case .record(let fields): fields.flatMap(secrets)
        default: []
        }
    }
}
