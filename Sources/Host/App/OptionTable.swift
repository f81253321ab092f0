import HostManifest
package import PluginKit

/// The table of options in a plugin's README, made from the plugin's schema.
///
/// It stands between two comment lines, so it can be made anew without touching the text around it.
package struct OptionTable: Sendable {
    /// The line before the table.
    package static let begin = "<!-- options:begin -->"
    /// The line after the table.
    package static let end = "<!-- options:end -->"

    private let fields: [(path: String, field: Field)]

    /// Makes the table of a plugin.
    package init(_ descriptor: PluginDescriptor) {
        fields = descriptor.schema.options.flatMap { Self.flat(Field($0), path: $0.name) }
    }

    /// The table as Markdown, ending in a newline; the keys of a record follow it as `record.key`.
    package var markdown: String {
        guard !fields.isEmpty else { return "No options.\n" }
        let head = ["Option", "Type", "Default", "Allowed", "Meaning"]
        let rows = fields.map { path, field in
            ["`\(path)`", field.type.name, Self.defaultText(field), Self.allowed(field), field.summary]
        }
        return Self.line(head) + "|---|---|---|---|---|\n" + rows.map(Self.line).joined()
    }

    /// Returns a README with the table between its markers; `nil` where it does not have each marker once, in order.
    package func inserted(into readme: String) -> String? {
        let before = readme.split(separator: "\(Self.begin)\n", omittingEmptySubsequences: false)
        guard before.count == 2 else { return nil }
        let after = before[1].split(separator: Self.end, omittingEmptySubsequences: false)
        guard after.count == 2 else { return nil }
        return before[0] + "\(Self.begin)\n" + markdown + Self.end + after[1]
    }

    private static func flat(_ field: Field, path: String) -> [(path: String, field: Field)] {
        guard case .record(let inner) = field.type else { return [(path, field)] }
        return [(path, field)] + inner.flatMap { flat($0, path: "\(path).\($0.name)") }
    }

    private static func defaultText(_ field: Field) -> String {
        if field.isRequired { return "required" }
        return field.defaultValue.map { "`\(ValueText.of($0))`" } ?? ""
    }

    /// What is allowed, where the type's name does not say it all.
    private static func allowed(_ field: Field) -> String {
        switch field.type {
        case .text, .secret, .path, .record: ""
        case .ratio(let range): FieldType.number(range).allowed(unit: field.unit)
        default: field.type.allowed(unit: field.unit)
        }
    }

    private static func line(_ cells: [String]) -> String {
        cells.map { $0.isEmpty ? "| " : "| \($0.replacing("|", with: "\\|")) " }.joined() + "|\n"
    }
}
