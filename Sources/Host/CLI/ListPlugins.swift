import ArgumentParser
import HostApp
import HostManifest
import PluginKit

/// `penstock plugins list`.
struct ListPlugins: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "List every plugin with its instances and their state; runs nothing of a plugin.",
        discussion: "The state is asked of the host that runs this manifest; '-' where none answers.")

    @OptionGroup var shared: SharedOptions

    private struct Row: Encodable {
        let kind: String
        let name: String
        let version: String
        let tier: String
        let stability: String
        let instances: [String: String]
        let states: [String: String]
        let summary: String
    }

    func run() async throws {
        let plugins = shared.availablePlugins()
        let manifest = shared.load(plugins, runsCode: false).manifest
        if manifest == nil {
            Output.fault(
                "warning: \(shared.config) was not read; instances are not shown. See `penstock config check`.")
        }
        let states = manifest.map(HostStates.read) ?? [:]
        let types = (plugins.all + Self.programs(manifest, except: plugins.all)).sorted {
            $0.descriptor.id < $1.descriptor.id
        }
        let rows = types.map { row($0, manifest?.instances ?? [], states) }
        if shared.json { return try Output.json(rows) }
        Output.page(
            TextTable(
                header: ["KIND", "PLUGIN", "VERSION", "TIER", "STABILITY", "INSTANCES", "STATE"], rows: rows.map(cells)
            ).text)
    }

    /// Plugins that only an instance names, by its program.
    private static func programs(_ manifest: Manifest?, except known: [PluginType]) -> [PluginType] {
        var seen = Set(known.map(\.descriptor.id))
        return (manifest?.instances ?? []).map(\.plugin).filter { seen.insert($0.descriptor.id).inserted }
    }

    private func cells(_ row: Row) -> [String] {
        let ids = row.instances.keys.sorted()
        let instances = ids.map { row.instances[$0] == "disabled" ? "\($0) (disabled)" : $0 }
        let states = ids.map { row.states[$0] ?? "-" }
        return [
            row.kind, row.name, row.version, row.tier, row.stability,
            instances.isEmpty ? "-" : instances.joined(separator: ", "),
            states.isEmpty ? "-" : states.joined(separator: ", "),
        ]
    }

    private func row(_ type: PluginType, _ all: [InstanceDeclaration], _ states: [String: String]) -> Row {
        let plugin = type.descriptor
        let own = all.filter { $0.descriptor.id == plugin.id }
        return Row(
            kind: plugin.kind.rawValue, name: plugin.name, version: plugin.version, tier: type.tier.rawValue,
            stability: plugin.stability.rawValue,
            instances: Dictionary(
                own.map { ($0.id, $0.isEnabled ? "enabled" : "disabled") }, uniquingKeysWith: { first, _ in first }),
            states: Dictionary(
                own.compactMap { instance in states[instance.name].map { (instance.id, $0) } },
                uniquingKeysWith: { first, _ in first }), summary: plugin.summary)
    }
}
