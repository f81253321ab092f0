import FoundationEssentials
import HostManifest
import JSONWriting
import PluginKit

/// What a day of the log of changes ended with, in a file of its own beside that day's lines.
///
/// Since each line holds the hash of the one before, the hash of the last stands for all of them, of the days before too. A
/// signature is over `DAY FIRST LAST HASH` and a line end, so that `openssl pkeyutl -verify -rawin` checks it as well.
struct AuditSeal: Sendable, Equatable, Codable {
    /// The day, UTC, as `2026-11-30`.
    let day: String
    /// The number of its first line.
    let first: Int
    /// The number of its last line.
    let last: Int
    /// The hash of its last line.
    let hash: String
    /// The public key it is signed with, base64.
    var key: String?
    /// The signature, base64.
    var signature: String?

    /// Creates a seal, signed where there is a key.
    init(day: String, first: Int, last: Int, hash: String, signedBy signer: SealKey?) throws(PluginError) {
        (self.day, self.first, self.last, self.hash) = (day, first, last, hash)
        if let signer { (key, signature) = try signer.sign(signed) }
    }

    /// Reads a seal; `nil` where the bytes are none.
    init?(_ bytes: [UInt8]) {
        guard let seal = try? JSONDecoder().decode(AuditSeal.self, from: Data(bytes)), seal.first > 0,
            seal.last >= seal.first
        else { return nil }
        self = seal
    }

    /// What a signature is over.
    private var signed: [UInt8] { Array("\(day) \(first) \(last) \(hash)\n".utf8) }

    /// Whether its signature is right; a seal without one has none that is.
    var isSigned: Bool {
        guard let key, let signature else { return false }
        return SealKey.isValid(signature, of: signed, by: key)
    }

    /// The file's content.
    var text: String {
        var json = JSONText(capacity: 512)
        json.object { json in
            json.field("day", day)
            json.field("first", first)
            json.field("last", last)
            json.field("hash", hash)
            if let key { json.field("key", key) }
            if let signature { json.field("signature", signature) }
        }
        return String(decoding: json.bytes, as: UTF8.self) + "\n"
    }
}
