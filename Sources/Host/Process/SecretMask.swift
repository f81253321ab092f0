import PluginKit
import StdioProtocol

/// Hides the secrets a process was given in whatever comes back from it.
///
/// The host knows the values, so it need not trust the plugin. Hidden are the text itself, its lines, and its form in a
/// URL and in quotes; what the plugin encodes in another way cannot be told. Texts of fewer than four characters stay.
struct SecretMask: Sendable {
    /// What stands in the place of a secret; other words than those of `Secret`, which a plugin may print.
    static let shown = "<masked secret>"
    private static let shortest = 4
    /// Forms to look for, the longest first.
    private let forms: [String]
    /// Bytes of the longest form.
    let longest: Int

    /// Hides nothing.
    init() { self.init([]) }

    /// Hides the secrets of options, and of granted variables what is long enough to be a key.
    init(_ configuration: Configuration?, environment: [String: String]) {
        var found: [String] = []
        for value in configuration?.values.values ?? [:].values { Self.collect(value, into: &found) }
        let keys = environment.filter { $0.value.utf8.count >= 8 && !$0.value.hasPrefix("/") }
        self.init(found + keys.values)
    }

    private init(_ secrets: [String]) {
        // In quotes of either kind, and once more where a message quotes one that did.
        let quoted: (String) -> [String] = { text in
            let once = [Self.inQuotes(text, "\""), Self.inQuotes(text, "'")]
            return once + once.flatMap { [Self.inQuotes($0, "\""), Self.inQuotes($0, "'")] }
        }
        var forms: Set<String> = []
        for secret in secrets {
            let lines = secret.split(whereSeparator: \.isNewline).map(String.init)
            for text in [secret] + lines { forms.formUnion([text, Self.inURL(text)] + quoted(text)) }
        }
        self.forms = forms.filter { $0.count >= Self.shortest }.sorted { ($1.count, $0) < ($0.count, $1) }
        longest = self.forms.map(\.utf8.count).max() ?? 0
    }

    /// Returns the text without the secrets; also without the beginning of one at a cut end.
    func hide(_ text: String) -> String {
        guard !forms.isEmpty else { return text }
        var text = text
        for form in forms where text.contains(form) { text = text.replacing(form, with: Self.shown) }
        for form in forms {
            var start = form.dropLast()
            while start.count > Self.shortest + 1, !text.hasSuffix(start) { start = start.dropLast() }
            guard start.count > Self.shortest + 1 else { continue }
            return String(text.dropLast(start.count)) + Self.shown
        }
        return text
    }

    /// Returns the message without the secrets; a position, which only its plugin reads, stays as it is.
    func hide(_ message: Message) -> Message {
        guard !forms.isEmpty else { return message }
        var hidden = message
        for (name, value) in message.body where name != "position" { hidden.body[name] = hide(value) }
        return hidden
    }

    /// Returns the fault without the secrets.
    func hide(_ error: PluginError) -> PluginError {
        guard !forms.isEmpty else { return error }
        return PluginError(error.code, hide(error.message), retryAfter: error.retryAfter)
    }

    private func hide(_ value: JSONValue) -> JSONValue {
        switch value {
        case .text(let text): .text(hide(text))
        case .array(let items): .array(items.map { hide($0) })
        case .object(let members):
            .object(Dictionary(members.map { (hide($0), hide($1)) }) { first, _ in first })
        default: value
        }
    }

    private static func collect(_ value: ConfigurationValue, into found: inout [String]) {
        switch value {
        case .secret(let secret): found.append(secret.reveal())
        case .list(let items): for item in items { collect(item, into: &found) }
        case .map(let members): for item in members.values { collect(item, into: &found) }
        default: break
        }
    }

    private static func inURL(_ text: String) -> String {
        text.utf8.reduce(into: "") { result, byte in
            let scalar = UnicodeScalar(byte)
            if scalar.properties.isAlphabetic && byte < 0x80 || (48...57).contains(byte) || "-._~".utf8.contains(byte) {
                result.unicodeScalars.append(scalar)
            } else {
                let digits = String(byte, radix: 16, uppercase: true)
                result += byte < 16 ? "%0\(digits)" : "%\(digits)"
            }
        }
    }

    private static func inQuotes(_ text: String, _ quote: Character) -> String {
        text.reduce(into: "") { result, character in
            switch character {
            case "\\", quote: result += "\\\(character)"
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            default: result.append(character)
            }
        }
    }
}
