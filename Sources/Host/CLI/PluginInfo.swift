import ArgumentParser
import FoundationEssentials
import HostApp
import HostConformance
import HostManifest
import HostPlugins
import PluginKit
import PluginKitTesting

/// `penstock plugins info`.
struct PluginInfo: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info",
        abstract: "Describe a plugin: options, outputs, capabilities, permissions, README; runs nothing of it.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The plugin's name, or kind/name: rsi, indicator/rsi.", completion: Completions.all)
    var plugin: String

    private struct Description: Encodable {
        let plugin: PluginDescription
        let folder: String?
        let asked: [String]?
        let granted: [String]?
        let level: String?
        let readme: String?

        func encode(to encoder: any Encoder) throws {
            try plugin.encode(to: encoder)
            var rest = encoder.container(keyedBy: Key.self)
            try rest.encodeIfPresent(folder, forKey: .folder)
            try rest.encodeIfPresent(asked, forKey: .asked)
            try rest.encodeIfPresent(granted, forKey: .granted)
            try rest.encodeIfPresent(level, forKey: .level)
            try rest.encodeIfPresent(readme, forKey: .readme)
        }

        enum Key: String, CodingKey { case folder, asked, granted, level, readme }
    }

    func run() async throws {
        let plugins = shared.availablePlugins()
        let found = plugins.all.filter { $0.descriptor.id == plugin || $0.descriptor.name == plugin }
        guard !found.isEmpty else {
            let names = plugins.all.flatMap { [$0.descriptor.name, $0.descriptor.id] }
            let close = Suggestion.nearest(to: plugin, among: names)
            throw HostError(
                exitCode: 2,
                "plugins info: no plugin \(PluginError.quoted(plugin))."
                    + (close.map { " Did you mean '\($0)'?" } ?? "") + " `penstock plugins list` shows all.")
        }
        for type in found { try show(type, plugins.details(type.descriptor.id)) }
    }

    private func show(_ type: PluginType, _ details: InstalledDetails?) throws {
        let description = PluginDescription(type)
        let readme = details.flatMap { Self.readme($0.folder) }
        if shared.json {
            return try Output.json(
                Description(
                    plugin: description, folder: details?.folder, asked: details.map { Self.lines($0.asked) },
                    granted: details.map { Self.lines($0.granted) }, level: level(type, details), readme: readme))
        }
        Output.page(description.text)
        guard let details else { return }
        let level = level(type, details) ?? "not tested; see `penstock plugins test`"
        Output.write("Conformance\n  \(level)\n\nFolder\n  \(details.folder)\n\nPermissions\n")
        if details.tier == .dynamic {
            Output.write("  It runs inside the host and may reach whatever the host may; nothing below is enforced.\n")
        }
        Output.write("  asked    \(Self.text(details.asked))\n  granted  \(Self.text(details.granted))\n\n")
        if let readme { Output.write("README\n\n\(readme)\(readme.hasSuffix("\n") ? "" : "\n")") }
    }

    /// The level the present content earned; `nil` where it was not tested.
    private func level(_ type: PluginType, _ details: InstalledDetails?) -> String? {
        guard let details, let digest = try? PluginFolder.digest(of: details.folder) else { return nil }
        let plugins = PluginFolder(AvailablePlugins.programs(config: shared.config).settings.folder)
        return ConformanceLevels.beside(plugins).level(of: type.descriptor.id, digest: digest.description)?.rawValue
    }

    private static func text(_ permissions: PluginPermissions) -> String {
        let lines = lines(permissions)
        return lines.isEmpty ? "nothing beside its own folder" : lines.joined(separator: "; ")
    }

    private static func lines(_ permissions: PluginPermissions) -> [String] {
        var lines: [String] = []
        if !permissions.network.isEmpty { lines.append("network \(permissions.network.joined(separator: ", "))") }
        lines += permissions.files.map(\.description)
        if !permissions.environment.isEmpty {
            lines.append("environment \(permissions.environment.joined(separator: ", "))")
        }
        if let memory = permissions.memory { lines.append("memory \(memory) MiB") }
        if let cpu = permissions.cpu { lines.append("cpu \(DurationText.text(cpu))") }
        return lines
    }

    /// The plugin's README, cut; nothing in it steers a terminal.
    private static func readme(_ folder: String) -> String? {
        guard let text = PluginFolder.readme(folder) else { return nil }
        return String(
            text.unicodeScalars.map { scalar in
                let isShown = scalar == "\n" || (scalar.value >= 0x20 && !(0x7F..<0xA0).contains(scalar.value))
                return isShown ? Character(scalar) : " "
            })
    }
}
