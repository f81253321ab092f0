import Crypto
import CryptoExtras
import FoundationEssentials
import Glibc
import HostManifest
package import PluginKit

/// The Ed25519 key that seals of the log of changes are signed with: a PEM file as `openssl genpkey -algorithm ed25519` writes it.
package struct SealKey: Sendable, Equatable {
    private static let sizeLimit = 4_096

    /// The file, for the host's user alone.
    package let path: String

    /// Names the file; it is read when something is signed.
    package init(path: String) { self.path = path }

    /// The public half, base64.
    package func publicText() throws(PluginError) -> String {
        try read().publicKey.rawRepresentation.base64EncodedString()
    }

    /// Returns the public key in a PEM file, base64.
    package static func publicText(ofFile path: String) throws(PluginError) -> String {
        guard let key = try? Curve25519.Signing.PublicKey(pemRepresentation: try text(path)) else {
            throw fault(path, "it is no public Ed25519 key; allowed what `openssl pkey -pubout` writes of one")
        }
        return key.rawRepresentation.base64EncodedString()
    }

    /// Signs bytes; base64.
    func sign(_ bytes: [UInt8]) throws(PluginError) -> (key: String, signature: String) {
        let key = try read()
        guard let signature = try? key.signature(for: Data(bytes)) else {
            throw Self.fault(path, "it signs nothing")
        }
        return (key.publicKey.rawRepresentation.base64EncodedString(), signature.base64EncodedString())
    }

    /// Whether a signature is that of a key over bytes; both base64.
    static func isValid(_ signature: String, of bytes: [UInt8], by key: String) -> Bool {
        guard let key = Data(base64Encoded: key), let signature = Data(base64Encoded: signature),
            let key = try? Curve25519.Signing.PublicKey(rawRepresentation: key)
        else { return false }
        return key.isValidSignature(signature, for: Data(bytes))
    }

    private func read() throws(PluginError) -> Curve25519.Signing.PrivateKey {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & 0o077 != 0 {
            throw Self.fault(path, "others than its owner can read it. Run `chmod 600` on it")
        }
        guard let key = try? Curve25519.Signing.PrivateKey(pemRepresentation: try Self.text(path)) else {
            throw Self.fault(
                path, "it is no private Ed25519 key; allowed what `openssl genpkey -algorithm ed25519` writes")
        }
        return key
    }

    private static func text(_ path: String) throws(PluginError) -> String {
        do throws(SmallFile.Failure) {
            return String(decoding: try SmallFile.read(path, limit: sizeLimit), as: UTF8.self)
        } catch {
            throw fault(path, error.reason)
        }
    }

    private static func fault(_ path: String, _ reason: String) -> PluginError {
        PluginError(.configuration, "audit: the key \(PluginError.quoted(path)) cannot be used: \(reason).")
    }
}
