import PluginKit
import StdioProtocol

extension PluginError {
    /// The fault a plugin reported; a code the host does not know counts as `transient`.
    init(reported message: Message, owner: String) {
        let name = message.body["code"]?.text ?? ""
        let code = Self.codes.first { $0.description == name } ?? .transient
        let text = message.body["message"]?.text ?? "it reported a fault without a message"
        let after = message.body["retry_after"]?.number.flatMap { $0.isFinite && $0 >= 0 ? min($0, 1e6) : nil }
        self.init(code, "\(owner): \(PluginError.shown(text, limit: 2_000))", retryAfter: after.map { .seconds($0) })
    }

    /// The fault of an answer that is no answer to what was asked.
    init(_ fault: ProtocolError, owner: String) {
        self.init(.malformed, "\(owner): \(fault.message). See docs/plugin-protocol.md.")
    }

    private static let codes: [Code] = [
        .rateLimited, .banned, .auth, .permission, .notFound, .noData, .badRequest, .malformed, .transient, .stale,
        .quality, .unsupported, .cancelled, .configuration, .environment, .corrupted,
    ]
}
