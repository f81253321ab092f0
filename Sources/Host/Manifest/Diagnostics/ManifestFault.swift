/// One fault or warning about a manifest: where, what, and what to do.
package struct ManifestFault: Sendable, Hashable, Codable {
    /// How much it matters.
    package enum Severity: String, Sendable, Hashable, Codable {
        /// The host refuses to start.
        case error
        /// The host starts.
        case warning
    }

    /// Whether the host starts all the same.
    package let severity: Severity
    /// The file as the user named it.
    package let file: String
    /// Line, from 1.
    package let line: Int
    /// Unicode scalar in the line, from 1.
    package let column: Int
    /// How many characters of the line it is about; 0 for a place between characters.
    package let length: Int
    /// Who: what is wrong; what is allowed.
    package let message: String
    /// What to do; empty where the message says it.
    package let hint: String
    /// The line it is about, secrets masked, long lines cut; empty where there is none to show.
    package let excerpt: String
    /// How many characters of `excerpt` come before the place.
    package let excerptColumn: Int

    enum CodingKeys: String, CodingKey {
        case severity, file, line, column, length, message, hint, excerpt
        case excerptColumn = "excerpt_column"
    }

    /// The message and the hint as one text.
    package var text: String { hint.isEmpty ? message : "\(message) \(hint)" }

    /// The fault as `file:line:column: error: message`, the line quoted and the place underlined.
    package var rendered: String {
        let head = "\(file):\(line):\(column): \(severity.rawValue): \(text)"
        guard !excerpt.isEmpty else { return head }
        let scalars = Array(excerpt.unicodeScalars)
        let before = min(excerptColumn, scalars.count)
        let marked = scalars[before..<min(scalars.count, before + max(length, 1))]
        let width = max(DisplayWidth.of(marked), 1)
        let indent = String(repeating: " ", count: DisplayWidth.of(scalars[..<before]))
        return "\(head)\n    \(excerpt)\n    \(indent)^\(String(repeating: "~", count: width - 1))"
    }
}
