import PluginKit

/// Says of any value of a manifest what it is, where it came from, what is allowed and what it means.
package struct ConfigurationExplainer {
    /// A path that leads nowhere.
    package struct UnknownPath: Error, CustomStringConvertible {
        /// What is wrong, and what is known there.
        package let description: String
    }

    private let manifest: Manifest

    /// Explains a manifest.
    package init(_ manifest: Manifest) { self.manifest = manifest }

    /// Returns what there is to say about a value: `sinks.keep.queue.full`, `instruments.us.0`.
    package func explain(_ path: String) throws(UnknownPath) -> Explanation {
        var setting = manifest.settings
        var walked: [String] = []
        for name in path.split(separator: ".").map(String.init) {
            guard let next = setting[name] else { throw unknown(name, path, walked, setting) }
            setting = next
            walked.append(name)
        }
        return explanation(walked.isEmpty ? manifest.file : walked.joined(separator: "."), setting)
    }

    private func unknown(_ name: String, _ path: String, _ walked: [String], _ setting: Setting) -> UnknownPath {
        let known = setting.children.map(\.name)
        let owner = walked.isEmpty ? manifest.file : walked.joined(separator: ".")
        let rest = known.isEmpty ? "It has no values inside." : Suggestion.hint(for: name, among: known)
        return UnknownPath(description: "\(quoted(path)): \(owner) has no \(quoted(name)). \(rest)")
    }

    private func explanation(_ path: String, _ setting: Setting) -> Explanation {
        let field = setting.field
        return Explanation(
            path: path, value: setting.value.map(ValueText.of), origin: setting.origin.description,
            place: setting.location.map(manifest.place), type: field.type.name,
            allowed: Self.isContainer(field.type) ? nil : field.type.allowed(unit: field.unit),
            defaultValue: field.defaultValue.map(ValueText.of), isRequired: field.isRequired, unit: field.unit,
            meaning: field.summary, inside: setting.children.map(\.name))
    }

    private static func isContainer(_ type: FieldType) -> Bool {
        switch type {
        case .record, .map: true
        default: false
        }
    }
}

/// What there is to say about one value. Secrets are shown as `<secret>`.
package struct Explanation: Sendable, Hashable, Encodable {
    /// Keys from the top, joined by dots.
    package let path: String
    /// The value; `nil` where it is not set.
    package let value: String?
    /// Where it came from, in words.
    package let origin: String
    /// Where it is written; `nil` for a default.
    package let place: String?
    /// The declared type.
    package let type: String
    /// What is allowed; `nil` for mappings.
    package let allowed: String?
    /// The default; `nil` where there is none.
    package let defaultValue: String?
    /// Whether it must be set.
    package let isRequired: Bool
    /// The unit of a number.
    package let unit: String?
    /// One sentence: what it means.
    package let meaning: String
    /// The keys or positions inside.
    package let inside: [String]

    /// The explanation as aligned lines.
    package var rendered: String {
        let lines: [(String, String?)] = [
            ("value", value ?? "not set"), ("origin", place.map { "\(origin), \($0)" } ?? origin),
            ("type", allowed.map { "\(type): \($0)" } ?? type),
            ("default", defaultValue ?? (isRequired ? "none, required" : "none")),
            ("inside", inside.isEmpty ? nil : inside.joined(separator: ", ")), ("meaning", meaning),
        ]
        let body = lines.compactMap { name, text in
            text.map { "  \(name)\(String(repeating: " ", count: 8 - name.count))\($0)" }
        }
        return ([path] + body).joined(separator: "\n")
    }
}
