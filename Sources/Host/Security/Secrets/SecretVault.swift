import CivilTime
import Crypto
import FoundationEssentials
import Glibc
import HostManifest
package import PluginKit

/// `secrets.vault` beside the manifest: secrets that `${secret:NAME}` reads, encrypted as a whole (AES-256-GCM), so that without the key
/// nobody learns their names, changes one or exchanges two.
///
/// It is one line that says what it is, and one of base64. Written whole, by one process at a time.
package struct SecretVault: Sendable {
    /// What is told of a secret.
    package struct Line: Sendable, Codable, Equatable {
        /// Its name.
        package let name: String
        /// When it was set, UTC.
        package let changed: String
    }

    private struct Entry: Codable {
        let value: String
        let changed: String
    }

    /// The file's name.
    package static let fileName = "secrets.vault"
    /// Most bytes of a secret, as of a file that `${secret:NAME}` reads.
    package static let valueLimit = 65_536
    private static let header = "penstock secrets 1"
    private static let sizeLimit = 16 << 20

    private let path: String
    private let key: VaultKey

    /// Names the file in a manifest's folder.
    package init(folder: String, key: VaultKey) {
        path = "\(folder)/\(Self.fileName)"
        self.key = key
    }

    /// Whether a folder has such a file.
    package static func exists(in folder: String) -> Bool { access("\(folder)/\(fileName)", F_OK) == 0 }

    /// Returns a secret; `nil` where there is none of that name.
    package func value(_ name: String) throws(PluginError) -> String? { try read()[name]?.value }

    /// Returns what there is, by name; never a value.
    package func list() throws(PluginError) -> [Line] {
        try read().map { Line(name: $0.key, changed: $0.value.changed) }.sorted { $0.name < $1.name }
    }

    /// Sets a secret; returns whether there was one of that name.
    package func set(_ name: String, _ value: String, at now: Int64 = WallClock.now()) throws(PluginError) -> Bool {
        guard Substitution.isName(name) else {
            throw PluginError(
                .configuration,
                "secrets: \(PluginError.quoted(name)) is no name of a secret; allowed letters, digits and _, no digit first."
            )
        }
        guard !value.isEmpty, value.utf8.count <= Self.valueLimit else {
            throw PluginError(
                .configuration,
                "secrets: the value of \(name) has \(value.utf8.count) bytes; allowed 1...\(Self.valueLimit), on standard input."
            )
        }
        return try change { entries throws(PluginError) in
            let entry = Entry(value: value, changed: ISO8601.format(now, decimals: 0))
            return entries.updateValue(entry, forKey: name) != nil
        }
    }

    /// Removes a secret.
    package func remove(_ name: String) throws(PluginError) {
        try change { entries throws(PluginError) in
            guard entries.removeValue(forKey: name) == nil else { return }
            throw PluginError(
                .configuration,
                "secrets: there is no \(PluginError.quoted(name)) in \(Self.fileName). `penstock secrets list` shows what there is."
            )
        }
    }

    /// Encrypts all with another key.
    package func rekey(_ other: VaultKey) throws(PluginError) {
        try change(writing: other) { _ throws(PluginError) in }
    }

    private func change<Value>(
        writing other: VaultKey? = nil, _ body: (inout [String: Entry]) throws(PluginError) -> Value
    ) throws(PluginError) -> Value {
        let lock = open("\(path).lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard lock >= 0, flock(lock, LOCK_EX) == 0 else {
            throw PluginError(
                .environment,
                "secrets: \(PluginError.quoted("\(path).lock")) cannot be locked: \(String(cString: strerror(errno))).")
        }
        defer { close(lock) }
        var entries = try read()
        let value = try body(&entries)
        do {
            let plain = try JSONEncoder().encode(entries)
            let box = try AES.GCM.seal(plain, using: (other ?? key).key, authenticating: Data(Self.header.utf8))
            let sealed = Data(box.nonce) + box.ciphertext + box.tag
            try AtomicFile.write("\(Self.header)\n\(sealed.base64EncodedString())\n", to: path, rights: .ownerOnly)
        } catch {
            throw PluginError(.environment, "secrets: \(error)")
        }
        return value
    }

    private func read() throws(PluginError) -> [String: Entry] {
        let bytes: [UInt8]
        do throws(SmallFile.Failure) { bytes = try SmallFile.read(path, limit: Self.sizeLimit) } catch {
            guard !error.isMissing else { return [:] }
            throw fault("it cannot be read: \(error.reason)")
        }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        guard lines.count == 3, lines[0] == Self.header, lines[2].isEmpty,
            let sealed = Data(base64Encoded: String(lines[1])), let box = try? AES.GCM.SealedBox(combined: sealed)
        else { throw fault("it is no file of secrets of version 1") }
        guard let plain = try? AES.GCM.open(box, using: key.key, authenticating: Data(Self.header.utf8)),
            let entries = try? JSONDecoder().decode([String: Entry].self, from: plain)
        else { throw fault("it was encrypted with another key than the one that is there, or was changed since") }
        return entries
    }

    private func fault(_ reason: String) -> PluginError {
        PluginError(.environment, "secrets: \(PluginError.quoted(path)): \(reason).")
    }
}
