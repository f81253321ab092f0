import HostManifest
import PluginKit
import StdioProtocol

/// What a plugin that was opened says of itself, against what its file says: the file was checked, so they must agree.
enum DescriptorDifference {
    /// Returns the first difference that matters in words; `nil` where there is none. Summaries and versions may differ.
    static func first(file: PluginDescriptor, plugin: PluginDescriptor) -> String? {
        if file.id != plugin.id { return "it is '\(file.id)' there, and says '\(plugin.id)'" }
        let (options, own) = (file.schema.options, plugin.schema.options)
        if let name = absent(own.map(\.name), in: options.map(\.name)) {
            return "the option '\(name)' is missing there"
        }
        if let name = absent(options.map(\.name), in: own.map(\.name)) {
            return "the option '\(name)' is there, and the plugin has none of it"
        }
        for option in own {
            if let written = file.schema[option.name], shape(written) != shape(option) {
                return "the option '\(option.name)' is \(shape(written)) there, and \(shape(option)) in the plugin"
            }
        }
        if file.reads != plugin.reads {
            return "it reads '\(file.reads.rawValue)' there, and '\(plugin.reads.rawValue)' in the plugin"
        }
        for (key, there, own) in [
            ("combines", file.combines, plugin.combines), ("learns", file.learns, plugin.learns),
            ("weighs", file.weighs, plugin.weighs),
        ] where there != own {
            return "'\(key)' is \(there) there, and \(own) in the plugin"
        }
        let columns = { (plugin: PluginDescriptor) in plugin.outputs.map(shown) }
        if columns(file) != columns(plugin) {
            return "the outputs are \(list(columns(file))) there, and \(list(columns(plugin))) in the plugin"
        }
        if file.accepts != plugin.accepts {
            let kinds = { (plugin: PluginDescriptor) in plugin.accepts.map(\.rawValue).sorted() }
            return "it accepts \(list(kinds(file))) there, and \(list(kinds(plugin))) in the plugin"
        }
        return capabilities(file) == capabilities(plugin)
            ? nil : "'provider' is \(capabilities(file)) there, and \(capabilities(plugin)) in the plugin"
    }

    private static func shown(_ column: OutputColumn) -> String {
        let (word, share) = column.role.words
        let role = column.role == .value ? "" : ", \(word)" + (share.map { " \($0)" } ?? "")
        return "\(column.name) (\(column.unit)\(role))"
    }

    private static func absent(_ names: [String], in others: [String]) -> String? {
        let others = Set(others)
        return names.first { !others.contains($0) }
    }

    private static func list(_ texts: [String]) -> String { texts.isEmpty ? "none" : texts.joined(separator: ", ") }

    /// An option without its words for people.
    private static func shape(_ option: ConfigurationOption) -> String {
        let fallback = option.defaultValue.map { ", default \(ValueText.of($0))" } ?? ""
        let field = Field(option)
        return "\(field.type.name) (\(field.type.allowed(unit: option.unit)))\(fallback)"
            + (option.isRequired ? ", required" : "")
    }

    private static func capabilities(_ plugin: PluginDescriptor) -> String {
        guard let provider = plugin.provider else { return "none" }
        let kinds = { (kinds: Set<EventKind>) in kinds.map(\.rawValue).sorted().joined(separator: " ") }
        let words = [
            "fetches \(kinds(provider.fetches))", "streams \(kinds(provider.streams))",
            provider.isReplay ? "replay" : "live", provider.needsNetwork ? "network" : "no network",
            "venues \(provider.venues.sorted().joined(separator: " "))",
            "credentials \(provider.credentials.joined(separator: " "))",
        ]
        return "(\(words.joined(separator: "; ")))"
    }
}
