package import PluginKit

/// Writes the JSON Schema (draft 2020-12) of the manifest for editors, from the plugins' own schemas.
///
/// The same catalogue always gives the same bytes. Texts and symbols may be numbers or switches there, because an editor
/// types scalars before it checks them and the host does not; numbers and switches may stand in quotes or be `${...}`
/// references.
package struct JSONSchemaWriter {
    private let catalogue: PluginCatalogue

    /// Writes for a set of plugins.
    package init(plugins: [PluginType]) { catalogue = PluginCatalogue(plugins) }

    /// Returns the schema with a newline at its end.
    package func text() -> String {
        let schema = JSONText.object([
            ("$schema", .string("https://json-schema.org/draft/2020-12/schema")),
            ("title", .string("Penstock plugins.yaml")),
            ("description", .string("What the host runs: providers, indicators, models, sinks and pipelines.")),
            ("type", .string("object")), ("required", .array([.string("version"), .string("pipelines")])),
            ("properties", .object(properties)), ("patternProperties", .object([("^x-", .object([]))])),
            ("additionalProperties", .boolean(false)), ("$defs", .object(definitions)),
        ])
        return schema.text() + "\n"
    }

    private var properties: [(String, JSONText)] {
        let version: [(String, JSONText)] = [
            ("description", .string(TopLevel.version.summary)), ("const", .integer(HostFields.version)),
        ]
        let host = JSONSchemaFields.schema(TopLevel.host)
        return [("version", .object(version)), ("host", host)] + TopLevel.sections.map { ($0.rawValue, section($0)) }
    }

    private func section(_ section: ManifestSection) -> JSONText {
        .object([
            ("description", .string(TopLevel.summary(section))), ("type", .string("object")),
            ("propertyNames", .object([("pattern", .string("^[a-z][a-z0-9_]{0,63}$"))])),
            ("additionalProperties", entry(section)),
        ])
    }

    private func entry(_ section: ManifestSection) -> JSONText {
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
        case .providers, .indicators, .models, .sinks: JSONSchemaFields.reference(section.entryName)
        }
    }

    private var definitions: [(String, JSONText)] {
        let substitution: [(String, JSONText)] = [
            ("description", .string("A reference: ${env:NAME}, ${env:NAME:-default}, ${file:path}.")),
            ("type", .string("string")), ("pattern", .string("\\$\\{(env|file|secret):")),
        ]
        return [("substitution", .object(substitution))] + JSONSchemaFields.quoted
            + PluginKind.allCases.flatMap { kind in [(kind.rawValue, instance(kind))] + plugins(kind) }
    }

    /// An instance of a kind: the plugin's name decides which other keys there are.
    private func instance(_ kind: PluginKind) -> JSONText {
        let names = catalogue.names(kind)
        let cases = names.map { name in
            JSONText.object([
                (
                    "if",
                    .object([
                        ("properties", .object([("plugin", .object([("const", .string(name))]))])),
                        ("required", .array([.string("plugin")])),
                    ])
                ), ("then", JSONSchemaFields.reference("\(kind.rawValue).\(name)")),
            ])
        }
        let plugin: [(String, JSONText)] = [
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
                ("type", .string("object")), ("required", .array([.string("plugin")])),
                ("properties", .object([("plugin", .object(plugin))])),
            ] + (cases.isEmpty ? [] : [("allOf", .array(cases))]))
    }

    private func plugins(_ kind: PluginKind) -> [(String, JSONText)] {
        catalogue.names(kind).compactMap { catalogue.plugin(kind, $0)?.descriptor }.map { descriptor in
            let fields = HostFields.envelope(of: descriptor) + descriptor.schema.options.map { Field($0) }
            let head: [(String, JSONText)] = [
                ("title", .string(descriptor.id)), ("description", .string(descriptor.summary)),
            ]
            return ("\(kind.rawValue).\(descriptor.name)", .object(head + JSONSchemaFields.record(fields)))
        }
    }
}
