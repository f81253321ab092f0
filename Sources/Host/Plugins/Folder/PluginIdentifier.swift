package import PluginKit

/// How a plugin is named everywhere: `provider/tokyo`.
package struct PluginIdentifier: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The kind.
    package let kind: PluginKind
    /// The name, `lower_snake_case`, at most 64 characters.
    package let name: String

    /// Creates an identifier; `nil` where the name is not `lower_snake_case`.
    package init?(kind: PluginKind, name: String) {
        guard (1...64).contains(name.utf8.count), let first = name.utf8.first, Self.isLetter(first),
            name.utf8.allSatisfy({ Self.isLetter($0) || $0 == UInt8(ascii: "_") || (48...57).contains($0) })
        else { return nil }
        self.kind = kind
        self.name = name
    }

    /// Reads `kind/name`; `nil` where the text is none.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let kind = PluginKind(rawValue: String(parts[0])) else { return nil }
        self.init(kind: kind, name: String(parts[1]))
    }

    /// `provider/tokyo`.
    package var description: String { "\(kind.rawValue)/\(name)" }

    /// The folder of the plugin: `provider-tokyo`.
    package var folderName: String { "\(kind.rawValue)-\(name)" }

    /// Orders by the written form.
    package static func < (left: PluginIdentifier, right: PluginIdentifier) -> Bool {
        left.description < right.description
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
}
