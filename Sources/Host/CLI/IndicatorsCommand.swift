import ArgumentParser
import HostApp
import HostConformance
import HostManifest
import PluginKit

/// `penstock indicators`: what can be computed, and computing it.
struct IndicatorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "indicators",
        abstract: "List and describe indicators, and compute them over a file or stored bars.",
        subcommands: [ListIndicators.self, IndicatorInfo.self, ComputeIndicators.self])
}

/// `penstock indicators list`.
struct ListIndicators: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the indicators: options with their defaults, outputs, warm-up.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: ArgumentHelp("Only those with this in name or summary.", valueName: "word"))
    var word: String?

    private struct Row: Encodable {
        let name: String
        let reads: String
        let options: [String: String]
        let outputs: [String]
        let warmUp: Int?
        let summary: String
    }

    func run() throws {
        let wanted = word?.lowercased() ?? ""
        let found = shared.availablePlugins().all.filter { type in
            let text = "\(type.descriptor.name) \(type.descriptor.summary)".lowercased()
            return type.descriptor.kind == .indicator && (wanted.isEmpty || text.contains(wanted))
        }
        let rows = found.map(Self.row)
        if shared.json { return try Output.json(rows) }
        let cells = found.map { type in
            let row = Self.row(type)
            let options = type.descriptor.schema.options.map { "\($0.name)=\(row.options[$0.name] ?? "")" }
            let outputs = row.outputs.count > 4 ? "\(row.outputs.count) outputs" : row.outputs.joined(separator: ", ")
            return [row.name, options.joined(separator: ", "), outputs, row.warmUp.map { "\($0)" } ?? "-", row.summary]
        }
        Output.page(TextTable(header: ["NAME", "OPTIONS", "OUTPUTS", "WARM-UP", "WHAT"], rows: cells).text)
    }

    private static func row(_ type: PluginType) -> Row {
        let options = type.descriptor.schema.options.map { ($0.name, $0.defaultValue.map(ValueText.of) ?? "") }
        return Row(
            name: type.descriptor.name, reads: type.descriptor.reads.rawValue,
            options: Dictionary(options, uniquingKeysWith: { first, _ in first }),
            outputs: type.descriptor.outputs.map(\.name), warmUp: warmUp(type), summary: type.descriptor.summary)
    }

    /// Events before the first value with the defaults; `nil` where the plugin is not compiled in: nothing of it runs.
    static func warmUp(_ type: PluginType) -> Int? {
        guard type.tier == .static, case .indicator(let make) = type.maker else { return nil }
        var values: [String: ConfigurationValue] = [:]
        for option in type.descriptor.schema.options { values[option.name] = option.defaultValue }
        return try? make(Configuration(instance: type.descriptor.id, values: values)).warmUpLength
    }
}

/// `penstock indicators info`.
struct IndicatorInfo: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "info", abstract: "Describe an indicator: options with ranges, outputs, warm-up.",
        discussion: "Formula, cost, undefined cases and source: docs/indicators.md.")

    @OptionGroup var shared: SharedOptions

    @Argument(help: "The indicator's name, as rsi.", completion: Completions.indicators)
    var name: String

    func run() throws {
        let all = shared.availablePlugins().all.filter { $0.descriptor.kind == .indicator }
        guard let type = all.first(where: { $0.descriptor.name == name || $0.descriptor.id == name }) else {
            let guess = Suggestion.nearest(to: name, among: all.map(\.descriptor.name))
            throw HostError(
                exitCode: 2,
                "indicators info: no indicator \(PluginError.quoted(name))."
                    + (guess.map { " Did you mean '\($0)'?" } ?? "") + " `penstock indicators list` shows all.")
        }
        let description = PluginDescription(type)
        if shared.json { return try Output.json(description) }
        Output.page(description.text)
        let warmUp = ListIndicators.warmUp(type).map { "\($0) events with the defaults" } ?? "its options decide"
        Output.write("Warm-up\n  \(warmUp)\n\nFormula\n  docs/indicators.md#\(type.descriptor.name)\n")
    }
}
