package import PluginKit

/// Writes the JSON Schema (draft 2020-12) of the manifest for editors, from the plugins' own schemas.
///
/// The same catalogue always gives the same bytes. Texts and symbols may be numbers or switches there, because an editor
/// types scalars before it checks them and the host does not; numbers and switches may stand in quotes or be `${...}`
/// references.
package struct JSONSchemaWriter {
    private let catalogue: PluginCatalogue
    /// Names of the definitions of options that several plugins have, by their schema.
    private var shared: [String: String] = [:]

    /// Writes for a set of plugins.
    package init(plugins: [PluginType]) {
        catalogue = PluginCatalogue(with: plugins)
        shared = sharedFields.reduce(into: [:]) { $0[JSONSchemaFields.schema($1.field).text()] = $1.name }
    }

    /// Returns the schema with a newline at its end.
    package func text() -> String {
        let schema = JSONTree.object([
            ("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
            ("title", .string("Penstock plugins.yaml")),
            ("description", .string("What the host runs: providers, indicators, models, sinks and pipelines.")),
            ("type", .string("object")), ("required", .array([.string("version"), .string("pipelines")])),
            ("properties", .object(properties)), ("patternProperties", .object([("^x-", .object([]))])),
            ("additionalProperties", .boolean(false)), ("$defs", .object(definitions)),
        ])
        return schema.text() + "\n"
    }

    private var properties: [(String, JSONTree)] {
        let version: [(String, JSONTree)] = [
            ("description", .string(TopLevel.version.summary)), ("const", .integer(HostFields.version)),
        ]
        let host = JSONSchemaFields.schema(TopLevel.host)
        return [("version", .object(version)), ("host", host)] + TopLevel.sections.map { ($0.rawValue, section($0)) }
            + [("risk", JSONSchemaFields.schema(TopLevel.risk))]
    }

    private func section(_ section: ManifestSection) -> JSONTree {
        .object([
            ("description", .string(TopLevel.summary(section))), ("type", .string("object")),
            ("propertyNames", .object([("pattern", .string("^[a-z][a-z0-9_]{0,63}$"))])),
            ("additionalProperties", entry(section)),
        ])
    }

    private func entry(_ section: ManifestSection) -> JSONTree {
        switch section {
        case .instruments:
            .object([
                (
                    "anyOf",
                    .array([
                        JSONSchemaFields.schema(HostFields.symbols, unit: nil),
                        .object(JSONSchemaFields.record(HostFields.group)),
                    ])
                )
            ])
        case .routes: .object(JSONSchemaFields.record(HostFields.route))
        case .pipelines: .object(JSONSchemaFields.record(HostFields.pipeline))
        case .strategies: .object(JSONSchemaFields.record(HostFields.strategy))
        case .providers, .indicators, .models, .sinks: JSONSchemaFields.reference(section.entryName)
        }
    }

    private var definitions: [(String, JSONTree)] {
        let substitution: [(String, JSONTree)] = [
            ("description", .string("A reference: ${env:NAME}, ${env:NAME:-default}, ${file:path}.")),
            ("type", .string("string")), ("pattern", .string("\\$\\{(env|file|secret):")),
        ]
        return [("substitution", .object(substitution))] + JSONSchemaFields.quoted
            + sharedFields.map { ($0.name, JSONSchemaFields.schema($0.field)) }
            + PluginKind.allCases.flatMap { kind in [(kind.rawValue, instance(kind))] + plugins(kind) }
    }

    /// An instance of a kind: the plugin's name decides which other keys there are.
    private func instance(_ kind: PluginKind) -> JSONTree {
        let names = catalogue.names(kind)
        let cases = names.map { name in
            JSONTree.object([
                (
                    "if",
                    .object([
                        ("properties", .object([("plugin", .object([("const", .string(name))]))])),
                        ("required", .array([.string("plugin")])),
                    ])
                ), ("then", JSONSchemaFields.reference("\(kind.rawValue).\(name)")),
            ])
        }
        let shorts = HostFields.shortForms(kind).filter { names.contains($0.plugin) }
        func requires(_ key: String) -> JSONTree { .object([("required", .array([.string(key)]))]) }
        let shortCases: [JSONTree] = shorts.map { short in
            let isMeant: [(String, JSONTree)] = [
                ("not", requires("plugin")), ("required", .array([.string(short.option)])),
            ]
            return .object([
                ("if", .object(isMeant)),
                ("then", JSONSchemaFields.reference("\(kind.rawValue).\(short.plugin)")),
            ])
        }
        let bundles = names.filter { name in
            catalogue.plugin(kind, name).map { HostFields.isBundle($0.descriptor) } ?? false
        }
        let bundleCases = bundles.map { name in
            JSONTree.object([
                (
                    "if",
                    .object([
                        ("properties", .object([("bundle", .object([("const", .string(name))]))])),
                        ("required", .array([.string("bundle")])),
                    ])
                ), ("then", JSONSchemaFields.reference("\(kind.rawValue).\(name)")),
            ])
        }
        let keys = (["plugin"] + shorts.map(\.option) + (bundles.isEmpty ? [] : ["bundle"])).map(requires)
        let bundle = JSONTree.object([
            ("description", .string(HostFields.bundle.summary)), ("enum", .array(bundles.map { .string($0) })),
        ])
        let plugin: [(String, JSONTree)] = [
            ("description", .string(HostFields.common(kind)[0].summary)),
            (
                "anyOf",
                .array([
                    .object([("enum", .array(names.map { .string($0) }))]),
                    .object(JSONSchemaFields.record(HostFields.program)),
                ])
            ),
        ]
        return .object(
            [
                ("type", .string("object")),
                shorts.isEmpty ? ("required", .array([.string("plugin")])) : ("anyOf", .array(keys)),
                (
                    "properties",
                    .object([("plugin", .object(plugin))] + (bundles.isEmpty ? [] : [("bundle", bundle)]))
                ),
            ] + (cases.isEmpty ? [] : [("allOf", .array(cases + bundleCases + shortCases))]))
    }

    private static func fields(of descriptor: PluginDescriptor) -> [Field] {
        let envelope = HostFields.envelope(of: descriptor)
        let isBundle = HostFields.isBundle(descriptor)
        let isShort = isBundle || HostFields.shortForms(descriptor.kind).contains { $0.plugin == descriptor.name }
        // In its short form the plugin goes without its name.
        let own = isShort ? envelope.map { $0.name == "plugin" ? Field("plugin", $0.type, $0.summary) : $0 } : envelope
        return own + (isBundle ? [HostFields.bundle] : []) + descriptor.schema.options.map { Field($0) }
    }

    /// The options that several plugins have in the same form, in the order of the plugins; each is written once.
    private var sharedFields: [(name: String, field: Field)] {
        var seen: [String: (field: Field, count: Int)] = [:]
        var order: [String] = []
        let descriptors = PluginKind.allCases.flatMap { kind in
            catalogue.names(kind).compactMap { catalogue.plugin(kind, $0)?.descriptor }
        }
        for field in descriptors.flatMap(Self.fields) {
            let text = JSONSchemaFields.schema(field).text()
            if seen[text] == nil { order.append(text) }
            seen[text] = (field, (seen[text]?.count ?? 0) + 1)
        }
        var forms: [String: Int] = [:]
        return order.compactMap { seen[$0] }.filter { $0.count > 1 }.map { field, _ in
            let form = (forms[field.name] ?? 0) + 1
            forms[field.name] = form
            return ("option.\(field.name)" + (form == 1 ? "" : ".\(form)"), field)
        }
    }

    /// The schema of an option: where it stands, or where it is written for all that have it.
    private func schema(_ field: Field) -> JSONTree {
        let own = JSONSchemaFields.schema(field)
        return shared[own.text()].map { JSONSchemaFields.reference($0) } ?? own
    }

    private func plugins(_ kind: PluginKind) -> [(String, JSONTree)] {
        catalogue.names(kind).compactMap { catalogue.plugin(kind, $0)?.descriptor }.map { descriptor in
            let head: [(String, JSONTree)] = [
                ("title", .string(descriptor.id)), ("description", .string(descriptor.summary)),
            ]
            return (
                "\(kind.rawValue).\(descriptor.name)",
                .object(head + JSONSchemaFields.record(Self.fields(of: descriptor), schema))
            )
        }
    }
}
