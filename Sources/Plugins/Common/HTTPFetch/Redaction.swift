package import PluginKit

/// Hides secrets in text, as they are and as they stand in a URL.
package struct Redaction: Sendable {
    private let secrets: [String]

    package init(_ secrets: [Secret]) {
        self.secrets = secrets.filter { !$0.isEmpty }.flatMap { [$0.reveal(), HTTPAddress.encoded($0.reveal())] }
    }

    /// Returns text with `<secret>` in the place of each.
    package func hiding(_ text: String) -> String {
        secrets.reduce(text) { text, secret in
            text.split(separator: secret, omittingEmptySubsequences: false).joined(separator: "<secret>")
        }
    }
}
