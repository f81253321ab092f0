import HostManifest
package import PluginKit
import StdioProtocol

/// A plugin described for people and programs, all from its descriptor.
package struct PluginDescription: Sendable, Encodable {
    private struct OptionRow: Encodable {
        let name: String
        let type: String
        let isRequired: Bool
        let defaultValue: String?
        let unit: String?
        let summary: String

        enum CodingKeys: String, CodingKey {
            case name, type, unit, summary
            case isRequired = "required"
            case defaultValue = "default"
        }
    }

    private struct OutputRow: Encodable {
        let name: String
        let unit: String
        let summary: String
        let role: String?
        let probability: Double?

        init(_ column: OutputColumn) {
            (name, unit, summary) = (column.name, column.unit, column.summary)
            let (word, share) = column.role.words
            role = column.role == .value ? nil : word
            probability = share
        }

        /// `lower, probability 0.1`; `value` for the thing itself.
        var roleText: String { (role ?? "value") + (probability.map { ", probability \($0)" } ?? "") }
    }

    private let id: String
    private let version: String
    private let stability: String
    private let tier: String
    private let summary: String
    private let options: [OptionRow]
    private let outputs: [OutputRow]
    private let capabilities: [String]
    /// The kind of event an indicator reads.
    private let reads: String?

    /// Describes a plugin.
    package init(_ type: PluginType) {
        let descriptor = type.descriptor
        id = descriptor.id
        version = descriptor.version
        stability = descriptor.stability.rawValue
        tier = type.tier.rawValue
        summary = descriptor.summary
        options = descriptor.schema.options.map { Field($0) }.map { field in
            OptionRow(
                name: field.name, type: field.type.allowed(unit: field.unit), isRequired: field.isRequired,
                defaultValue: field.defaultValue.map { ValueText.of($0) }, unit: field.unit, summary: field.summary)
        }
        outputs = descriptor.outputs.map(OutputRow.init)
        reads = descriptor.kind == .indicator ? descriptor.reads.rawValue : nil
        capabilities = Self.capabilities(descriptor)
    }

    /// The description as text, ending in a newline.
    package var text: String {
        var text = "\(id) \(version) (\(stability), \(tier))\n\(summary)\n"
        for capability in capabilities { text += "  \(capability)\n" }
        if let reads { text += "  reads: \(reads)\n" }
        if !outputs.isEmpty {
            text += "\nOutputs\n"
            text +=
                TextTable(
                    header: ["NAME", "UNIT", "ROLE", "MEANING"],
                    rows: outputs.map { [$0.name, $0.unit.isEmpty ? "-" : $0.unit, $0.roleText, $0.summary] }
                ).text
        }
        guard !options.isEmpty else { return text + "\nNo options.\n\n" }
        text += "\nOptions\n"
        text +=
            TextTable(
                header: ["NAME", "TYPE", "DEFAULT", "MEANING"],
                rows: options.map(Self.cells)
            ).text
        return text + "\n"
    }

    /// The cells of an option. A long list of what is allowed stands behind the meaning, so that it widens no other line.
    private static func cells(_ option: OptionRow) -> [String] {
        let isLong = option.type.count > 40
        return [
            option.name, isLong ? "see there" : option.type,
            option.isRequired ? "required" : option.defaultValue ?? "-",
            isLong ? "\(option.summary) Allowed: \(option.type)." : option.summary,
        ]
    }

    private static func capabilities(_ descriptor: PluginDescriptor) -> [String] {
        var lines: [String] = []
        if let provider = descriptor.provider {
            let kinds = { (kinds: Set<EventKind>) in kinds.map(\.rawValue).sorted().joined(separator: ", ") }
            if !provider.fetches.isEmpty { lines.append("answers requests for: \(kinds(provider.fetches))") }
            if !provider.streams.isEmpty { lines.append("pushes: \(kinds(provider.streams))") }
            if provider.isReplay { lines.append("plays the past again: the pipeline's clock follows the events") }
            lines.append(provider.needsNetwork ? "needs the network" : "needs no network")
            if !provider.credentials.isEmpty {
                lines.append("credentials: \(provider.credentials.joined(separator: ", "))")
            }
            if !provider.rateLimit.isEmpty { lines.append("limits: \(provider.rateLimit)") }
        }
        if !descriptor.accepts.isEmpty {
            lines.append("takes: \(descriptor.accepts.map(\.rawValue).sorted().joined(separator: ", "))")
        }
        return lines
    }
}
