public import PluginKit

/// Where mail is handed over, and as whom.
public struct MailServer: Sendable {
    /// How the connection is encrypted.
    public enum Encryption: String, Sendable, CaseIterable {
        /// From the first byte on (port 465).
        case tls
        /// Asked for after the greeting; a server that does not have it is left (port 587).
        case starttls
        /// Not at all: for a server on the same machine.
        case none
    }

    /// The host's name.
    public let host: String
    /// The port.
    public let port: Int
    /// How the connection is encrypted.
    public let encryption: Encryption
    /// User name; empty for none.
    public let user: String
    /// The password.
    public let password: Secret
    /// How long handing over a mail may take as a whole.
    public let timeout: Duration
    /// A file of the certificates that are trusted, in place of the system's.
    public let trustedFile: String?

    /// Creates a server.
    public init(
        host: String, port: Int, encryption: Encryption, user: String = "", password: Secret = Secret(""),
        timeout: Duration = .seconds(30), trustedFile: String? = nil
    ) {
        self.host = host
        self.port = port
        self.encryption = encryption
        self.user = user
        self.password = password
        self.timeout = timeout
        self.trustedFile = trustedFile
    }

    /// `smtp://HOST:PORT`.
    var url: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return "\(encryption == .tls ? "smtps" : "smtp")://\(name):\(port)"
    }
}

/// A mail that is ready to be handed over.
public struct Mail: Sendable, Hashable {
    /// The sender's address.
    public let from: String
    /// The receivers' addresses.
    public let to: [String]
    /// Headers and body, lines ended with CR LF.
    public let content: [UInt8]

    /// Creates a mail.
    public init(from: String, to: [String], content: [UInt8]) {
        self.from = from
        self.to = to
        self.content = content
    }
}
