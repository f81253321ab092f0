import ArgumentParser
import HostApp
import HostManifest
import PluginKit

/// `penstock plugins`: what can be named in the manifest, and what is.
struct PluginsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plugins", abstract: "List, describe, enable and disable plugins.",
        subcommands: [
            ListPlugins.self, PluginInfo.self, EnableInstance.self, DisableInstance.self, InstallPlugin.self,
            RemovePlugin.self, LockPlugins.self, VerifyPlugins.self, NewPlugin.self,
        ])
}

/// `penstock plugins list`.
struct ListPlugins: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List every plugin with its instances in the manifest.")

    @OptionGroup var shared: SharedOptions

    private struct Row: Encodable {
        let kind: String
        let name: String
        let version: String
        let tier: String
        let stability: String
        let instances: [String: String]
        let summary: String
    }

    func run() async throws {
        let plugins = shared.availablePlugins()
        let manifest = shared.load(plugins).manifest
        if manifest == nil {
            Output.fault(
                "warning: \(shared.config) was not read; instances are not shown. See `penstock config check`.")
        }
        let rows = plugins.all.map { row($0, manifest?.instances ?? []) }
        if shared.json { return try Output.json(rows) }
        let table = TextTable(
            header: ["KIND", "PLUGIN", "VERSION", "TIER", "STABILITY", "INSTANCES"],
            rows: rows.map { row in
                let instances = row.instances.sorted { $0.key < $1.key }
                    .map { $0.value == "enabled" ? $0.key : "\($0.key) (\($0.value))" }
                return [
                    row.kind, row.name, row.version, row.tier, row.stability,
                    instances.isEmpty ? "-" : instances.joined(separator: ", "),
                ]
            })
        Output.write(table.text)
    }

    private func row(_ type: PluginType, _ all: [InstanceDeclaration]) -> Row {
        let plugin = type.descriptor
        let own = all.filter { $0.descriptor.id == plugin.id }
        let states = own.map { ($0.id, $0.isEnabled ? "enabled" : "disabled") }
        return Row(
            kind: plugin.kind.rawValue, name: plugin.name, version: plugin.version, tier: type.tier.rawValue,
            stability: plugin.stability.rawValue,
            instances: Dictionary(states, uniquingKeysWith: { first, _ in first }), summary: plugin.summary)
    }
}

/// `penstock plugins info`.
struct PluginInfo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Describe a plugin: options, outputs, capabilities.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The plugin's name, or kind/name: rsi, indicator/rsi.")
    var plugin: String

    func run() async throws {
        let all = shared.availablePlugins().all
        let found = all.filter { $0.descriptor.id == plugin || $0.descriptor.name == plugin }
        guard !found.isEmpty else {
            let close = Suggestion.nearest(to: plugin, among: all.flatMap { [$0.descriptor.name, $0.descriptor.id] })
            throw HostError(
                exitCode: 2,
                "plugins info: no plugin \(PluginError.quoted(plugin))."
                    + (close.map { " Did you mean '\($0)'?" } ?? "") + " `penstock plugins list` shows all.")
        }
        for type in found {
            if shared.json {
                try Output.json(PluginDescription(type))
            } else {
                Output.write(PluginDescription(type).text)
            }
        }
    }
}

/// `penstock plugins enable`.
struct EnableInstance: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "enable", abstract: "Enable an instance in the manifest; its comments stay.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The instance's id, or kind/id where two kinds share it.")
    var instance: String

    func run() async throws { try InstanceSwitch(shared: shared, instance: instance).set(true) }
}

/// `penstock plugins disable`.
struct DisableInstance: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "disable", abstract: "Disable an instance in the manifest; its comments stay.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The instance's id, or kind/id where two kinds share it.")
    var instance: String

    func run() async throws { try InstanceSwitch(shared: shared, instance: instance).set(false) }
}
