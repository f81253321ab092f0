import FoundationEssentials
import GRDB
package import HostCore
package import PluginKit

extension StateDatabase: ArtifactStore {
    /// How many artifacts of a model are kept for a pipeline; the oldest beyond are removed when a new one is saved.
    package static let keptArtifacts = 5

    /// Stores a model fitted for a pipeline; the newest of both is the one that serves. Durable when it returns.
    package func save(_ artifact: StoredArtifact, for pipeline: String) async throws(PluginError) {
        let storedAt = now()
        try await write { db in
            try db.execute(
                sql: """
                    INSERT INTO artifacts
                    (model, pipeline, configuration_digest, data_digest, card, part_count, checksum, stored_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    artifact.model, pipeline, artifact.configurationDigest, artifact.dataDigest, Data(artifact.card),
                    artifact.parts.count, artifact.checksum, storedAt,
                ])
            let id = db.lastInsertedRowID
            for (position, part) in artifact.parts.enumerated() {
                try db.execute(
                    sql: "INSERT INTO artifact_parts VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                    arguments: [
                        id, position, part.validAfter, part.validThrough, Data(part.bytes), part.checksum,
                        part.instrument?.code ?? "", part.instrument?.venue ?? "",
                    ])
            }
            try Self.removeOldest(of: artifact.model, for: pipeline, in: db)
            try Self.removeTrials(of: artifact.model, in: db)
        }
    }

    /// Returns the newest artifact of a model fitted with this configuration on this data, or on any where no digest of it is
    /// given; or `nil`.
    ///
    /// Throws `.corrupted` where the stored bytes do not match their checksum; the caller fits again, and what it saves
    /// takes the place of the damaged one.
    package func artifact(
        model: String, configurationDigest: String, dataDigest: String?
    ) async throws(PluginError) -> StoredArtifact? {
        do throws(PluginError) {
            return try await read { db in
                let row = try Row.fetchOne(
                    db,
                    sql: """
                        SELECT id, card, part_count, checksum, data_digest FROM artifacts
                        WHERE model = ? AND configuration_digest = ? AND (? IS NULL OR data_digest = ?) ORDER BY id DESC LIMIT 1
                        """,
                    arguments: [model, configurationDigest, dataDigest, dataDigest])
                guard let row else { return nil }
                let artifact = StoredArtifact(
                    model: model, configurationDigest: configurationDigest, dataDigest: try row.decode(atIndex: 4),
                    card: Array(try row.decode(Data.self, atIndex: 1)),
                    parts: try self.parts(row.decode(atIndex: 0), model: model, in: db))
                guard artifact.parts.count == (try row.decode(Int.self, atIndex: 2)),
                    artifact.checksum == (try row.decode(String.self, atIndex: 3))
                else { throw self.damagedArtifact(model, "its card or its number of parts is not what was saved") }
                return artifact
            }
        } catch {
            guard error.code == .corrupted, let cause = error.cause else { throw error }
            throw damagedArtifact(model, "SQLite: \(cause)", error)
        }
    }

    /// Returns the card of the newest artifact of each model of each pipeline, by pipeline, then model.
    package func cards() async throws(PluginError) -> [(pipeline: String, card: [UInt8])] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT pipeline, card FROM artifacts
                    WHERE id IN (SELECT max(id) FROM artifacts GROUP BY pipeline, model) ORDER BY pipeline, model
                    """
            ).map { (try $0.decode(atIndex: 0), Array(try $0.decode(Data.self, atIndex: 1))) }
        }
    }

    private func parts(_ id: Int64, model: String, in db: Database) throws -> [StoredArtifact.Part] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT valid_after, valid_through, bytes, checksum, code, venue FROM artifact_parts
                WHERE artifact = ? ORDER BY position
                """,
            arguments: [id]
        ).enumerated().map { position, row in
            let (code, venue): (String, String) = (try row.decode(atIndex: 4), try row.decode(atIndex: 5))
            let part = StoredArtifact.Part(
                validAfter: try row.decode(atIndex: 0), validThrough: try row.decode(atIndex: 1),
                bytes: Array(try row.decode(Data.self, atIndex: 2)),
                instrument: code.isEmpty ? nil : Instrument(code: code, venue: venue))
            guard part.checksum == (try row.decode(String.self, atIndex: 3)) else {
                throw damagedArtifact(model, "part \(position + 1) does not match its checksum")
            }
            return part
        }
    }

    private func damagedArtifact(_ model: String, _ what: String, _ cause: (any Error)? = nil) -> PluginError {
        PluginError(
            .corrupted,
            "state database: the artifact of model \(PluginError.quoted(model)) in \(PluginError.quoted(path)) is damaged "
                + "(\(what)); allowed is what was saved. The model is fitted again, and the new artifact serves.",
            cause: cause)
    }

    /// Those from before pipelines were written down, with an empty one, age with every pipeline's.
    private static func removeOldest(of model: String, for pipeline: String, in db: Database) throws {
        let old = try Int64.fetchAll(
            db,
            sql: """
                SELECT id FROM artifacts WHERE model = ? AND pipeline IN (?, '') ORDER BY id DESC LIMIT -1 OFFSET ?
                """,
            arguments: [model, pipeline, keptArtifacts])
        for id in old {
            try db.execute(sql: "DELETE FROM artifact_parts WHERE artifact = ?", arguments: [id])
            try db.execute(sql: "DELETE FROM artifacts WHERE id = ?", arguments: [id])
        }
    }
}

extension StoredArtifact {
    /// Digest of everything but the parts' content, which have their own.
    fileprivate var checksum: String {
        var digest = StableDigest()
        digest.add(model)
        digest.add(configurationDigest)
        digest.add(dataDigest)
        digest.add(bytes: card)
        digest.add(UInt64(parts.count))
        return digest.text
    }
}

extension StoredArtifact.Part {
    /// Digest of the span, the bytes and the instrument it is for alone.
    fileprivate var checksum: String {
        var digest = StableDigest()
        digest.add(UInt64(bitPattern: validAfter))
        digest.add(UInt64(bitPattern: validThrough))
        digest.add(bytes: bytes)
        if let instrument { digest.add(instrument.description) }
        return digest.text
    }
}
