import FoundationEssentials
import GRDB
package import HostCore
package import PluginKit

extension StateDatabase: ArtifactStore {
    /// Of how many versions of a model the bytes are kept for a pipeline, beside those in use.
    package static let keptArtifacts = 5

    /// Stores a model fitted for a pipeline as the next version of both; returns its number. Durable when it returns.
    @discardableResult
    package func save(
        _ artifact: StoredArtifact, for pipeline: String, as stage: ModelStage, by who: String, reason: String
    ) async throws(PluginError) -> Int {
        let storedAt = now()
        return try await write { db in
            try Self.removeTrials(of: artifact.model, in: db)
            return try Self.save(artifact, for: pipeline, as: stage, who, reason, storedAt, db)
        }
    }

    /// Stores what was fitted elsewhere as the next candidate; returns its number. Durable when it returns.
    package func adopt(
        _ artifact: StoredArtifact, for pipeline: String, by who: String, reason: String
    ) async throws(PluginError) -> Int {
        let storedAt = now()
        return try await write { try Self.save(artifact, for: pipeline, as: .candidate, who, reason, storedAt, $0) }
    }

    private static func save(
        _ artifact: StoredArtifact, for pipeline: String, as stage: ModelStage, _ who: String, _ reason: String,
        _ time: Int64, _ db: Database
    ) throws -> Int {
        let id = try insert(artifact, for: pipeline, time, in: db)
        // What an earlier penstock left names no pipeline and is no version.
        guard !pipeline.isEmpty else {
            try removeOldest(of: artifact.model, for: pipeline, at: time, in: db)
            return 0
        }
        let key = try number(id, of: artifact.model, in: pipeline, by: who, time, in: db)
        _ = try move(StageOrder(key, to: stage, by: who, reason: reason), isNew: true, at: time, in: db)
        try removeOldest(of: artifact.model, for: pipeline, at: time, in: db)
        return key.number
    }

    private static func insert(
        _ artifact: StoredArtifact, for pipeline: String, _ storedAt: Int64, in db: Database
    ) throws -> Int64 {
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
        return id
    }

    /// Returns the newest artifact of a model fitted with this configuration on this data, or on any where no digest of it is
    /// given, of this pipeline where it has one; or `nil`.
    ///
    /// Throws `.corrupted` where the stored bytes do not match their checksum; the caller fits again, and what it saves
    /// takes the place of the damaged one.
    package func artifact(
        model: String, for pipeline: String, configurationDigest: String, dataDigest: String?
    ) async throws(PluginError) -> StoredArtifact? {
        try await found(model) { db in
            try Int64.fetchOne(
                db,
                sql: """
                    SELECT id FROM artifacts
                    WHERE model = ? AND configuration_digest = ? AND (? IS NULL OR data_digest = ?)
                        AND (part_count = 0 OR EXISTS (SELECT 1 FROM artifact_parts WHERE artifact = id))
                    ORDER BY pipeline = ? DESC, id DESC LIMIT 1
                    """,
                arguments: [model, configurationDigest, dataDigest, dataDigest, pipeline]
            ).map { id in
                let number = try Int.fetchOne(
                    db, sql: "SELECT number FROM versions WHERE artifact = ? AND pipeline = ?",
                    arguments: [id, pipeline])
                return (id, number ?? 0)
            }
        }
    }

    /// Returns the artifact that a query finds, held to its checksums; `nil` where it finds none.
    func found(
        _ model: String, _ find: @escaping @Sendable (Database) throws -> (id: Int64, number: Int)?
    ) async throws(PluginError) -> StoredArtifact? {
        do throws(PluginError) {
            return try await read { db in
                guard let (id, number) = try find(db) else { return nil }
                let row = try Row.fetchOne(
                    db, sql: "SELECT \(Self.cardColumns) FROM artifacts WHERE id = ?", arguments: [id])
                guard let row else { throw self.damagedArtifact(model, "its card is gone") }
                let artifact = StoredArtifact(
                    model: model, configurationDigest: try row.decode(atIndex: 0),
                    dataDigest: try row.decode(atIndex: 1), card: try self.card(of: model, in: row),
                    parts: try self.parts(id, model: model, in: db), version: number)
                guard artifact.parts.count == (try row.decode(Int.self, atIndex: 3)) else {
                    throw self.damagedArtifact(model, "parts of it are gone")
                }
                return artifact
            }
        } catch {
            guard error.code == .corrupted, let cause = error.cause else { throw error }
            throw damagedArtifact(model, "SQLite: \(cause)", error)
        }
    }

    static let cardColumns = "configuration_digest, data_digest, card, part_count, checksum"

    /// The card in a row of `cardColumns`, held to its checksum.
    func card(of model: String, in row: Row) throws -> [UInt8] {
        let card = Array(try row.decode(Data.self, atIndex: 2))
        let checksum = StoredArtifact.checksum(
            model, try row.decode(atIndex: 0), try row.decode(atIndex: 1), card: card,
            parts: try row.decode(Int.self, atIndex: 3))
        guard checksum == (try row.decode(String.self, atIndex: 4)) else {
            throw damagedArtifact(model, "its card or its number of parts is not what was saved")
        }
        return card
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

    func damagedArtifact(_ model: String, _ what: String, _ cause: (any Error)? = nil) -> PluginError {
        PluginError(
            .corrupted,
            "state database: the artifact of model \(PluginError.quoted(model)) in \(PluginError.quoted(path)) is damaged "
                + "(\(what)); allowed is what was saved. It does not serve; the model is fitted again where nothing else does.",
            cause: cause)
    }

    /// Removes the bytes of all but the newest and those in use; a version without bytes is retired, and its card stays.
    ///
    /// Artifacts from before pipelines were written down, with an empty one, age with every pipeline's and go whole.
    private static func removeOldest(of model: String, for pipeline: String, at time: Int64, in db: Database) throws {
        let old = try Int64.fetchAll(
            db,
            sql: """
                SELECT artifact FROM versions WHERE model = :model AND pipeline = :pipeline AND bytes > 0
                UNION ALL SELECT id FROM artifacts WHERE model = :model AND pipeline = ''
                    AND EXISTS (SELECT 1 FROM artifact_parts WHERE artifact = id)
                ORDER BY 1 DESC LIMIT -1 OFFSET \(keptArtifacts)
                """,
            arguments: ["model": model, "pipeline": pipeline])
        let before = try championBefore(of: model, in: pipeline, db)
        for id in old {
            let row = try Row.fetchOne(
                db, sql: "SELECT number, stage FROM versions WHERE artifact = ?", arguments: [id])
            guard let row else {
                try db.execute(sql: "DELETE FROM artifacts WHERE id = ?", arguments: [id])
                try db.execute(sql: "DELETE FROM artifact_parts WHERE artifact = ?", arguments: [id])
                continue
            }
            let (number, stage): (Int, String) = (try row.decode(atIndex: 0), try row.decode(atIndex: 1))
            let isUsed = stage == ModelStage.champion.rawValue || stage == ModelStage.shadow.rawValue
            guard !isUsed, number != before else { continue }
            if stage != ModelStage.retired.rawValue {
                let order = StageOrder(
                    VersionKey(model, in: pipeline, number), to: .retired, by: StageOrder.host,
                    reason: "the bytes of the \(keptArtifacts) newest versions are kept")
                _ = try move(order, at: time, in: db)
            }
            try db.execute(sql: "DELETE FROM artifact_parts WHERE artifact = ?", arguments: [id])
            try db.execute(sql: "UPDATE versions SET bytes = 0 WHERE artifact = ?", arguments: [id])
        }
    }
}

extension StoredArtifact {
    /// Digest of everything but the parts' content, which have their own.
    fileprivate var checksum: String {
        Self.checksum(model, configurationDigest, dataDigest, card: card, parts: parts.count)
    }

    fileprivate static func checksum(
        _ model: String, _ configuration: String, _ data: String, card: [UInt8], parts: Int
    ) -> String {
        var digest = StableDigest()
        digest.add(model)
        digest.add(configuration)
        digest.add(data)
        digest.add(bytes: card)
        digest.add(UInt64(max(0, parts)))
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
