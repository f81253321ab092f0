import Glibc
package import NIOCore
import NIOSSL
package import PluginKit
import Synchronization

/// A server's certificate: read from its files, and read again when they change, so that a renewed one is used by the next
/// connection without a restart. Files that do not fit together leave the certificate before in use.
package final class CertificateStore: Sendable {
    private struct State {
        var context: NIOSSLContext
        var stamps: [Stamp]
    }

    /// What tells a file's versions apart.
    private struct Stamp: Equatable {
        var inode: UInt64 = 0
        var size = 0
        var seconds = 0
        var nanoseconds = 0

        init(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return }
            (inode, size) = (UInt64(status.st_ino), Int(status.st_size))
            (seconds, nanoseconds) = (status.st_mtim.tv_sec, status.st_mtim.tv_nsec)
        }
    }

    private let files: CertificateFiles
    private let state: Mutex<State>

    /// Reads the files. Throws `.configuration` where they are no certificate with its key.
    package init(_ files: CertificateFiles) throws(PluginError) {
        self.files = files
        let stamps = Self.stamps(files)
        state = Mutex(State(context: try Self.context(files), stamps: stamps))
    }

    /// Makes the handler that encrypts a new connection.
    package func handler() -> any ChannelHandler {
        NIOSSLServerHandler(context: state.withLock { $0.context })
    }

    /// Reads the files again where one has changed; returns whether another certificate is used now.
    package func refresh() throws(PluginError) -> Bool {
        let stamps = Self.stamps(files)
        guard stamps != state.withLock({ $0.stamps }) else { return false }
        // Told once: the next look is after the next change.
        state.withLock { $0.stamps = stamps }
        let context = try Self.context(files)
        state.withLock { $0.context = context }
        return true
    }

    /// Returns the DNS names in the certificate that a machine showed; none where it showed none.
    package static func names(of channel: any Channel) async -> [String] {
        guard let certificate = try? await channel.nioSSL_peerCertificate().get() else { return [] }
        return certificate._subjectAlternativeNames().compactMap { name in
            name.nameType == .dnsName ? String(decoding: name.contents, as: UTF8.self) : nil
        }
    }

    private static func stamps(_ files: CertificateFiles) -> [Stamp] {
        ([files.certificate, files.key] + [files.clients].compactMap { $0 }).map { Stamp($0) }
    }

    private static func context(_ files: CertificateFiles) throws(PluginError) -> NIOSSLContext {
        try checkRights(files.key)
        let chain = try read(files.certificate, "certificate") { try NIOSSLCertificate.fromPEMFile($0) }
        let key = try read(files.key, "key") { try NIOSSLPrivateKey(file: $0, format: .pem) }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = files.oldest == .v13 ? .tlsv13 : .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if let clients = files.clients {
            let roots = try read(clients, "clients") { try NIOSSLCertificate.fromPEMFile($0) }
            configuration.trustRoots = .certificates(roots)
            // Who shows none may still have a key; what is shown has to be signed by one of these.
            configuration.certificateVerification = .optionalVerification
        }
        return try read(files.certificate, "certificate", hint: "Is 'key' the key of this certificate?") { _ in
            try NIOSSLContext(configuration: configuration)
        }
    }

    /// A private key that others can read is no private key.
    private static func checkRights(_ path: String) throws(PluginError) {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & 0o027 != 0 else { return }
        throw PluginError(
            .configuration,
            "tls: others than its user can read the private key \(PluginError.quoted(path)), or its group can change it; allowed 0600 "
                + "or 0640. chmod 600 it.")
    }

    private static func read<Value>(
        _ path: String, _ what: String, hint: String = "Write it as PEM, readable for the host's user.",
        _ body: (String) throws -> Value
    ) throws(PluginError) -> Value {
        do {
            let value = try body(path)
            if let list = value as? [NIOSSLCertificate], list.isEmpty { throw Empty() }
            return value
        } catch {
            throw PluginError(
                .configuration,
                "tls: '\(what)' is \(PluginError.quoted(path)), which cannot be used (\(PluginError.shown("\(error)", limit: 200))). \(hint)"
            )
        }
    }

    private struct Empty: Error, CustomStringConvertible { var description: String { "no certificate is in it" } }
}
