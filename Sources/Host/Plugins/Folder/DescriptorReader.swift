import HostManifest
import PluginKit
import StdioProtocol

/// Reads what a plugin is from its file, so that nothing of it has to run to know it.
struct DescriptorReader {
    /// The file, as messages name it.
    let name: String

    /// The keys beside `id`, `version`, `summary` and `stability`.
    static let keys = ["options", "reads", "combines", "learns", "weighs", "outputs", "provider", "accepts"]
    /// Most output columns of a plugin.
    static let outputLimit = 1_024

    private static let capabilityKeys = [
        "fetches", "streams", "is_replay", "needs_network", "venues", "credentials", "rate_limit",
    ]

    /// Returns the descriptor; what is missing or wrong is noted in `fields`.
    func descriptor(_ fields: inout PluginFields) -> PluginDescriptor? {
        let id = fields.identifier()
        let version = fields.text("version", limit: 64)
        let summary = fields.text("summary", limit: 400)
        let stability = fields.word("stability", default: Stability.experimental)
        let schema = ConfigurationSchema(OptionReader(name: name).options("options", &fields))
        guard let kind = id?.kind else { return nil }
        let outputs = outputs(kind, &fields)
        let reads = reads(kind, &fields)
        let combines = says("combines", kind, &fields)
        let learns = says("learns", kind, &fields)
        let weighs = says("weighs", kind, &fields)
        let provider = provider(kind, &fields)
        let accepts = accepts(kind, &fields)
        guard let id, let version, let summary else { return nil }
        var descriptor = PluginDescriptor(
            kind: kind, name: id.name, version: version, summary: summary, stability: stability, schema: schema,
            outputs: outputs, provider: provider, accepts: accepts
        ).reading(reads)
        if combines { descriptor = descriptor.combining() }
        if learns { descriptor = descriptor.learning() }
        return weighs ? descriptor.weighing() : descriptor
    }

    /// What only a model says of itself; `false` where it says nothing.
    private func says(_ key: String, _ kind: PluginKind, _ fields: inout PluginFields) -> Bool {
        guard kind == .model else {
            fields.refuse(key, "a \(kind.rawValue) has none")
            return false
        }
        return fields.boolean(key, default: false)
    }

    private func reads(_ kind: PluginKind, _ fields: inout PluginFields) -> EventKind {
        guard kind == .indicator else {
            fields.refuse("reads", "a \(kind.rawValue) has none")
            return .bar
        }
        return fields.word("reads", default: EventKind.bar)
    }

    private func outputs(_ kind: PluginKind, _ fields: inout PluginFields) -> [OutputColumn] {
        guard kind == .indicator || kind == .model else {
            fields.refuse("outputs", "a \(kind.rawValue) has none")
            return []
        }
        let children = fields.children("outputs")
        guard (1...Self.outputLimit).contains(children.count) else {
            missing("outputs", "1...\(Self.outputLimit) names with { unit, summary }", &fields)
            return []
        }
        return children.compactMap { key, node in
            guard PluginIdentifier(kind: kind, name: key) != nil else {
                fields.fault("outputs", "the output \(PluginError.quoted(key)) is no name; allowed lower_snake_case.")
                return nil
            }
            var inner = PluginFields(node, name: name, known: ["unit", "summary", "role", "probability"])
            defer { fields.adopt(inner) }
            let unit = inner.has("unit") ? inner.text("unit", limit: 40) ?? "" : ""
            return OutputColumn(key, unit: unit, inner.text("summary", limit: 500) ?? "", role: role(key, &inner))
        }
    }

    private func role(_ output: String, _ fields: inout PluginFields) -> OutputColumn.Role {
        let word = fields.has("role") ? fields.text("role", limit: 40) ?? "" : "value"
        let share = fields.has("probability") ? fields.text("probability", limit: 40) ?? "" : nil
        if let role = OutputColumn.Role(word, probability: share.flatMap(Double.init)) { return role }
        fields.fault(
            "role",
            "'role' of the output '\(output)' is \(PluginError.quoted(word)); allowed value, variance, probability, action, and lower, "
                + "upper, quantile with a 'probability' between 0 and 1.")
        return .value
    }

    private func provider(_ kind: PluginKind, _ fields: inout PluginFields) -> ProviderCapabilities? {
        guard kind == .provider else {
            fields.refuse("provider", "a \(kind.rawValue) has none")
            return nil
        }
        guard var inner = fields.nested("provider", known: Self.capabilityKeys) else {
            missing("provider", "a mapping such as { fetches: [bar] }", &fields)
            return nil
        }
        defer { fields.adopt(inner) }
        return ProviderCapabilities(
            fetches: inner.words("fetches", EventKind.self), streams: inner.words("streams", EventKind.self),
            isReplay: inner.boolean("is_replay", default: false),
            needsNetwork: inner.boolean("needs_network", default: true),
            venues: Set(inner.list("venues", limit: 256) ?? []),
            credentials: inner.list("credentials", limit: 256) ?? [],
            rateLimit: inner.has("rate_limit") ? inner.text("rate_limit", limit: 500) ?? "" : "")
    }

    private func accepts(_ kind: PluginKind, _ fields: inout PluginFields) -> Set<RecordKind> {
        guard kind == .sink else {
            fields.refuse("accepts", "a \(kind.rawValue) has none")
            return []
        }
        guard fields.has("accepts") else {
            missing("accepts", RecordKind.allCases.map(\.rawValue).joined(separator: ", "), &fields)
            return []
        }
        return fields.words("accepts", RecordKind.self)
    }

    private func missing(_ key: String, _ allowed: String, _ fields: inout PluginFields) {
        fields.fault(
            key,
            "'\(key)' is missing or too long; allowed \(allowed). `penstock plugins describe FOLDER` writes it from the "
                + "plugin.")
    }
}
