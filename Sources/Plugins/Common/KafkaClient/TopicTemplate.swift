import PluginKit

/// A name of a topic or group with places for what it is about: `penstock.{kind}`.
package struct TopicTemplate: Sendable {
    private static let longest = 249
    private let text: String

    /// Takes a text.
    package init(_ text: String) { self.text = text }

    /// Returns the name with the places filled; what Kafka does not allow in names becomes `_`.
    package func name(_ values: [(place: String, value: String)]) -> String {
        let filled = values.reduce(text) { $0.replacing("{\($1.place)}", with: $1.value) }
        let bytes = filled.utf8.prefix(Self.longest).map { Self.isAllowed($0) ? $0 : UInt8(ascii: "_") }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Returns what is wrong with a template; nil where it is fine.
    package static func fault(in text: String, _ places: [String]) -> String? {
        let bare = places.reduce(text) { $0.replacing("{\($1)}", with: "x") }
        let allowed = "allowed are letters, digits, '.', '_', '-' and {\(places.joined(separator: "}, {"))}"
        if bare.isEmpty || bare == "." || bare == ".." {
            return "it is \(PluginError.quoted(text)), which is no name; \(allowed)."
        }
        if !bare.utf8.allSatisfy(isAllowed) { return "it is \(PluginError.quoted(text)); \(allowed)." }
        return bare.utf8.count > longest ? "it is longer than \(longest) bytes. Shorten it." : nil
    }

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
