import Crypto
import FoundationEssentials
import Glibc
import HostManifest
package import PluginKit

/// What the file of secrets is encrypted with: 64 hexadecimal digits in `PENSTOCK_SECRETS_KEY`, in the file that
/// `PENSTOCK_SECRETS_KEY_FILE` names, or in the systemd credential `penstock-secrets-key`; the first of them that is there.
package struct VaultKey: Sendable {
    private static let variable = "PENSTOCK_SECRETS_KEY"
    private static let credential = "penstock-secrets-key"

    /// The key.
    let key: SymmetricKey

    /// Finds the key.
    package init(environment: [String: String]) throws(PluginError) {
        if let text = environment[Self.variable], !text.isEmpty {
            try self.init(text, from: Self.variable)
        } else if let path = environment["\(Self.variable)_FILE"], !path.isEmpty {
            try self.init(file: path)
        } else if let folder = environment["CREDENTIALS_DIRECTORY"], !folder.isEmpty {
            try self.init(file: "\(folder)/\(Self.credential)")
        } else {
            throw PluginError(
                .configuration,
                "secrets: the key of the file is nowhere; looked in \(Self.variable), \(Self.variable)_FILE and the systemd "
                    + "credential \(Self.credential). `penstock secrets key > FILE` makes one.")
        }
    }

    /// Reads the key in a file, which others than its owner must not be able to read.
    package init(file path: String) throws(PluginError) {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & 0o077 != 0 {
            throw PluginError(
                .configuration,
                "secrets: the key \(PluginError.quoted(path)) can be read by others than its owner. Run `chmod 600` on it."
            )
        }
        let bytes: [UInt8]
        do throws(SmallFile.Failure) { bytes = try SmallFile.read(path, limit: 4_096) } catch {
            throw PluginError(
                .environment, "secrets: the key \(PluginError.quoted(path)) cannot be read: \(error.reason).")
        }
        try self.init(String(decoding: bytes, as: UTF8.self), from: path)
    }

    private init(_ text: String, from place: String) throws(PluginError) {
        guard let bytes = RandomText.bytes(hex: text.filter { !$0.isWhitespace }), bytes.count == 32 else {
            throw PluginError(
                .configuration,
                "secrets: \(PluginError.quoted(place)) holds no key; allowed 64 hexadecimal digits, as `penstock secrets key` "
                    + "writes them.")
        }
        key = SymmetricKey(data: bytes)
    }

    /// Returns the text of another key.
    package static func make() -> String { RandomText.hex(32) }
}
