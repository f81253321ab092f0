import CivilTime
import HTTPFetch
import MailSending
import Notices
public import PluginKit

/// Sends alerts as mail, over SMTP with TLS.
///
/// - Takes: alerts, and states where they are asked for.
/// - Time: when it happened, UTC.
/// - Limits: one mail for what the host hands over at once; it hands over what waited.
/// - Needs: a mail server.
public final class Email: Sink {
    /// What the plugin is.
    public static let descriptor = PluginDescriptor(
        kind: .sink, name: "email", summary: "Sends alerts as mail, over SMTP with TLS.",
        schema: ConfigurationSchema([
            .text("host", isRequired: true, "Name or address of the mail server."),
            .integer("port", 1...65_535, default: 587, "Its port: 587 with starttls, 465 with tls."),
            .choice(
                "encryption", MailServer.Encryption.allCases.map(\.rawValue), default: "starttls",
                "How the connection is encrypted; none only for a server on the same machine."),
            .text("user", default: "", "User name; empty for none."),
            .secret("password", "Password of the user."),
            .text("sender", isRequired: true, "Address of the sender."),
            ConfigurationOption("receivers", .list(.text, 1...50), isRequired: true, "Addresses of the receivers."),
            .text("subject", default: "[penstock]", "What subjects begin with."),
            .path("trusted", "File of the certificates that are trusted, in place of the system's."),
            .duration(
                "timeout", .milliseconds(100)...(.seconds(600)), default: .seconds(30),
                "How long handing over a mail may take as a whole."),
        ]),
        accepts: [.alerts, .status])

    private let server: MailServer
    private let from: String
    private let to: [String]
    private let subject: String
    private let instance: String
    private let context: PluginContext

    /// Returns a fault for each address that is none, and for a password that would go over the wire in the clear.
    public static func validate(_ configuration: Configuration) -> [ConfigurationFault] {
        var faults: [ConfigurationFault] = []
        let from = (try? configuration.text("sender")) ?? ""
        let to = (try? configuration.texts("receivers")) ?? []
        for (option, address) in [("sender", from)] + to.map({ ("receivers", $0) }) where !isAddress(address) {
            faults.append(
                ConfigurationFault(
                    option: option,
                    "\(PluginError.quoted(address)) is no mail address; allowed NAME@DOMAIN in plain characters. Leave names out."
                ))
        }
        let host = (try? configuration.text("host")) ?? ""
        if !host.utf8.allSatisfy({ isPlain($0) && $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: "@") }) {
            faults.append(
                ConfigurationFault(
                    option: "host",
                    "\(PluginError.quoted(host)) is no host; allowed a name or an address. Leave smtp:// out."))
        }
        let isLocal = ["localhost", "127.0.0.1", "::1"].contains(host)
        if (try? configuration.text("encryption")) == "none", configuration.has("password"), !isLocal {
            faults.append(
                ConfigurationFault(
                    option: "encryption",
                    "'encryption' is none, and the password would be readable on its way. Use starttls or tls."))
        }
        return faults
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7F && !"<>,;\"()[]\\".utf8.contains(byte)
    }

    private static func isAddress(_ text: String) -> Bool {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        return parts.count == 2 && !parts[0].isEmpty && !parts[1].isEmpty && text.utf8.count <= 254
            && text.utf8.allSatisfy(isPlain)
    }

    /// Builds an instance; nothing is sent yet.
    public init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        server = MailServer(
            host: try configuration.text("host"), port: try configuration.integer("port"),
            encryption: MailServer.Encryption(rawValue: try configuration.text("encryption")) ?? .starttls,
            user: try configuration.text("user"),
            password: configuration.has("password") ? try configuration.secret("password") : Secret(""),
            timeout: try configuration.duration("timeout"),
            trustedFile: configuration.has("trusted")
                ? context.resolve(try configuration.text("trusted")) : HTTPOptions.trustedByEnvironment)
        from = try configuration.text("sender")
        to = try configuration.texts("receivers")
        subject = try configuration.text("subject")
        instance = configuration.instance
        self.context = context
    }

    /// Sends one mail with all rows, or none.
    public func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
        let notices = Notice.all(of: batch, context.instruments)
        guard let first = notices.first else { return .accepted }
        let more = notices.count > 1 ? " (and \(notices.count - 1) more)" : ""
        let content = MailText.content(
            from: from, to: to, subject: PluginError.shown("\(subject) \(first.title)\(more)"),
            body: notices.map { "\($0.text)\n" }.joined(),
            number: "\(batch.pipeline).\(batch.sequence).\(WallClock.now())",
            time: WallClock.now())
        try await MailTransfer.send(Mail(from: from, to: to, content: content), over: server, owner: instance)
        return .accepted
    }
}
