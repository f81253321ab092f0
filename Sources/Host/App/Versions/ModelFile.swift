import FoundationEssentials
import HostCore
import HostSecurity
package import PluginKit

/// A version of a model as one file: what it predicts with and its card, held to a SHA-256 over both.
///
/// The digest tells damage, not who made the file: compare it with what `export` printed where that matters.
package struct ModelFile: Codable, Sendable, Hashable {
    /// A stretch of event time with what predicts in it.
    struct Part: Codable, Sendable, Hashable {
        let validAfter, validThrough: Int64
        /// Code and venue of the instrument it is for alone.
        let code, venue: String?
        let bytes: Data
    }

    /// What `format` says of a file of this form.
    static let form = "penstock-model-1"

    var format = Self.form
    /// Where it was exported from.
    package let model, pipeline: String
    package let version: Int
    let configurationDigest, dataDigest: String
    /// The card as it is stored.
    let card: String
    let parts: [Part]
    /// SHA-256 over all of the above.
    package private(set) var sha256 = ""

    /// Makes a file of what is stored.
    init(_ artifact: StoredArtifact, of key: VersionKey) {
        (model, pipeline, version) = (key.model, key.pipeline, key.number)
        (configurationDigest, dataDigest) = (artifact.configurationDigest, artifact.dataDigest)
        card = String(decoding: artifact.card, as: UTF8.self)
        parts = artifact.parts.map {
            Part(
                validAfter: $0.validAfter, validThrough: $0.validThrough, code: $0.instrument?.code,
                venue: $0.instrument?.venue, bytes: Data($0.bytes))
        }
        sha256 = digest
    }

    /// Reads a file.
    ///
    /// Throws `.malformed` where it is none, and `.corrupted` where a byte is another one than was written.
    package init(_ bytes: [UInt8], from name: String) throws(PluginError) {
        let who = "models import: \(PluginError.quoted(name))"
        guard let file = try? JSONDecoder().decode(ModelFile.self, from: Data(bytes)), file.format == Self.form else {
            throw PluginError(
                .malformed, "\(who) is no file of a model; allowed is what `penstock models export` wrote.")
        }
        guard file.digest == file.sha256 else {
            throw PluginError(
                .corrupted,
                "\(who) is damaged: its content has the SHA-256 \(file.digest), it says \(PluginError.quoted(file.sha256)). Export "
                    + "it again.")
        }
        self = file
    }

    /// The file.
    package var bytes: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { Array($0) + [UInt8(ascii: "\n")] } ?? []
    }

    /// What it holds, under the id that a model has here.
    func artifact(as model: String) -> StoredArtifact {
        StoredArtifact(
            model: model, configurationDigest: configurationDigest, dataDigest: dataDigest, card: Array(card.utf8),
            parts: parts.map { part in
                StoredArtifact.Part(
                    validAfter: part.validAfter, validThrough: part.validThrough, bytes: Array(part.bytes),
                    instrument: part.code.map { Instrument(code: $0, venue: part.venue ?? "") })
            })
    }

    /// Each field with its length, so that none can pass into the next.
    private var digest: String {
        var all: [UInt8] = []
        func add(_ field: some Collection<UInt8>) {
            withUnsafeBytes(of: UInt64(field.count).littleEndian) { all += Array($0) }
            all += Array(field)
        }
        for text in [format, model, pipeline, "\(version)", configurationDigest, dataDigest, card] { add(text.utf8) }
        for part in parts {
            add("\(part.validAfter) \(part.validThrough) \(part.code ?? "") \(part.venue ?? "")".utf8)
            add(part.bytes)
        }
        return ContentHash.sha256(all)
    }
}
