import FoundationEssentials
import GRDB
package import HostCore
package import PluginKit
import SQLiteFile

extension StateDatabase: VersionStore {
    /// Returns versions by pipeline and model, the newest first.
    package func versions(_ query: VersionQuery) async throws(PluginError) -> [ModelVersion] {
        try await read { db in
            let statement = try BulkStatement(
                db,
                """
                SELECT model, pipeline, number, stage, parent, made_at, made_by, code, configuration_digest, data_digest,
                    verdict, bytes, rows, rank_ic, ic, r2, direction FROM versions
                WHERE \(Self.isAsked(query)) ORDER BY pipeline, model, number DESC LIMIT ?4
                """)
            if let model = query.model { statement.bind(1, model) }
            if let pipeline = query.pipeline { statement.bind(2, pipeline) }
            if let stage = query.stage { statement.bind(3, stage.rawValue) }
            statement.bind(4, Int64(query.limit))
            if let number = query.number { statement.bind(5, Int64(number)) }
            var found: [ModelVersion] = []
            while try statement.next() { found.append(ModelVersion(statement)) }
            return found
        }
    }

    /// What a query asks of a row, by the columns it names alone: so an index serves it.
    private static func isAsked(_ query: VersionQuery) -> String {
        let parts = [
            query.pipeline.map { _ in "pipeline = ?2" }, query.model.map { _ in "model = ?1" },
            query.stage.map { _ in "stage = ?3" }, query.number.map { _ in "number = ?5" },
        ]
        return (["true"] + parts.compactMap(\.self)).joined(separator: " AND ")
    }

    /// Returns the pipelines that have versions of a model, sorted.
    package func pipelines(of model: String) async throws(PluginError) -> [String] {
        try await read { db in
            try String.fetchAll(
                db, sql: "SELECT DISTINCT pipeline FROM versions WHERE model = ? ORDER BY 1", arguments: [model])
        }
    }

    /// Returns the changes of a model's stages in a pipeline, the newest first.
    package func stageChanges(
        of model: String, in pipeline: String, limit: Int
    ) async throws(PluginError) -> [StageChange] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT id, number, stage_before, stage, changed_at, changed_by, reason, after FROM stage_changes
                    WHERE pipeline = ? AND model = ? ORDER BY id DESC LIMIT ?
                    """, arguments: [pipeline, model, limit]
            ).map { row in
                StageChange(
                    sequence: try row.decode(atIndex: 0),
                    key: VersionKey(model, in: pipeline, try row.decode(atIndex: 1)),
                    from: (try row.decode(String?.self, atIndex: 2)).flatMap { ModelStage(rawValue: $0) },
                    to: ModelStage(rawValue: try row.decode(atIndex: 3)) ?? .retired, at: try row.decode(atIndex: 4),
                    by: try row.decode(atIndex: 5), reason: try row.decode(atIndex: 6),
                    after: try row.decode(Int64?.self, atIndex: 7))
            }
        }
    }

    /// Returns the card of a version as JSON, held to its checksum; `nil` where there is no such version.
    package func card(of key: VersionKey) async throws(PluginError) -> [UInt8]? {
        try await read { db in
            try Row.fetchOne(
                db, sql: "SELECT \(Self.cardColumns) FROM artifacts WHERE id = \(Self.artifactOfVersion)",
                arguments: Self.place(key)
            ).map { try self.card(of: key.model, in: $0) }
        }
    }

    /// Returns a version's artifact, held to its checksums; `nil` where there is none, or its bytes are not kept any more.
    package func artifact(of key: VersionKey) async throws(PluginError) -> StoredArtifact? {
        try await found(key.model) { db in
            try Int64.fetchOne(
                db, sql: "SELECT artifact FROM versions WHERE artifact = \(Self.artifactOfVersion) AND bytes > 0",
                arguments: Self.place(key)
            ).map { ($0, key.number) }
        }
    }

    /// Gives a version another stage; returns what changed, the version asked for last.
    package func move(_ order: StageOrder) async throws(PluginError) -> [StageChange] {
        let time = now()
        return try await write { try Self.move(order, at: time, in: $0) }
    }

    // MARK: Inside a transaction

    private static let artifactOfVersion =
        "(SELECT artifact FROM versions WHERE pipeline = ? AND model = ? AND number = ?)"

    static func place(_ key: VersionKey) -> StatementArguments { [key.pipeline, key.model, key.number] }

    /// Makes a saved artifact the next version of its model and pipeline.
    static func number(
        _ artifact: Int64, of model: String, in pipeline: String, by who: String, _ time: Int64, in db: Database
    ) throws -> VersionKey {
        let last = try Int.fetchOne(
            db, sql: "SELECT max(number) FROM versions WHERE pipeline = ? AND model = ?", arguments: [pipeline, model])
        let key = VersionKey(model, in: pipeline, (last ?? 0) + 1)
        try db.execute(
            sql: """
                INSERT INTO versions SELECT id, pipeline, model, ?, 'candidate', ?, ?, ?, \(StateSchema.versionFromCard)
                WHERE id = ?
                """,
            arguments: [key.number, try champion(of: model, in: pipeline, db), time, who, artifact])
        return key
    }

    /// Carries out an order; `isNew` where the version had no stage before.
    static func move(_ order: StageOrder, isNew: Bool = false, at time: Int64, in db: Database) throws -> [StageChange]
    {
        let key = order.key
        let row = try Row.fetchOne(
            db, sql: "SELECT stage, bytes FROM versions WHERE pipeline = ? AND model = ? AND number = ?",
            arguments: place(key))
        guard let row, let stage = ModelStage(rawValue: try row.decode(atIndex: 0)) else {
            throw refusal(key, "is not there", "`penstock models list --all` shows which there are.")
        }
        guard isNew || stage != order.to else {
            throw refusal(key, "is \(stage.rawValue) already", "There is nothing to change.")
        }
        guard stage != .retired else {
            throw refusal(key, "is retired, which is for good", "Choose another version, or fit the model again.")
        }
        let bytes: Int = try row.decode(atIndex: 1)
        guard order.to == .retired || order.to == .candidate || bytes > 0 || isNew else {
            throw refusal(key, "has no artifact any more", "Choose a version whose bytes are kept.")
        }
        let before = try champion(of: key.model, in: key.pipeline, db)
        guard order.champion == nil || order.champion == before ?? 0 else {
            let now = before.map { "version \($0) serves" } ?? "none serves"
            let was = order.champion == 0 ? "none served" : "version \(order.champion ?? 0) did"
            throw refusal(
                key, "was chosen when \(was), and now \(now)", "Compare it with what serves now, and ask again.")
        }
        var changes: [StageChange] = []
        if order.to == .champion, let before {
            let old = VersionKey(key.model, in: key.pipeline, before)
            changes.append(
                try write(
                    .champion,
                    StageOrder(old, to: .candidate, by: order.by, reason: "version \(key.number) took its place"),
                    at: time, db))
        }
        changes.append(try write(isNew ? nil : stage, order, at: time, db))
        try endSplit(order, db)
        return changes
    }

    static func write(
        _ before: ModelStage?, _ order: StageOrder, at time: Int64, _ db: Database
    ) throws -> StageChange {
        let after = try lastPrediction(of: order.key, db)
        try db.execute(
            sql: "UPDATE versions SET stage = ? WHERE pipeline = ? AND model = ? AND number = ?",
            arguments: [order.to.rawValue] + place(order.key))
        try db.execute(
            sql: """
                INSERT INTO stage_changes (pipeline, model, number, stage_before, stage, changed_at, changed_by, reason, after)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: place(order.key) + [before?.rawValue, order.to.rawValue, time, order.by, order.reason, after])
        return StageChange(
            sequence: db.lastInsertedRowID, key: order.key, from: before, to: order.to, at: time, by: order.by,
            reason: order.reason, after: after)
    }

    /// Event time of the last prediction that is stored of what serves.
    private static func lastPrediction(of key: VersionKey, _ db: Database) throws -> Int64? {
        try Int64.fetchOne(
            db,
            sql: """
                SELECT max((SELECT max(predicted_at) FROM predictions WHERE series = id)) FROM outcome_series
                WHERE pipeline = ? AND model = ? AND shadow = 0
                """, arguments: [key.pipeline, key.model])
    }

    static func champion(of model: String, in pipeline: String, _ db: Database) throws -> Int? {
        try Int.fetchOne(
            db, sql: "SELECT number FROM versions WHERE pipeline = ? AND model = ? AND stage = 'champion'",
            arguments: [pipeline, model])
    }

    /// The version that served before the one that serves now.
    static func championBefore(of model: String, in pipeline: String, _ db: Database) throws -> Int? {
        let serving = try champion(of: model, in: pipeline, db) ?? 0
        return try Int.fetchOne(
            db,
            sql: """
                SELECT number FROM stage_changes WHERE pipeline = ? AND model = ? AND stage = 'champion' AND number <> ?
                ORDER BY id DESC LIMIT 1
                """, arguments: [pipeline, model, serving])
    }

    static func refusal(_ key: VersionKey, _ what: String, _ remedy: String) -> PluginError {
        PluginError(
            .badRequest,
            "models: version \(key.number) of model/\(key.model) in pipeline/\(key.pipeline) \(what). \(remedy)")
    }
}

extension ModelVersion {
    /// Reads a row of `versions`.
    fileprivate init(_ row: borrowing BulkStatement) {
        self.init(
            key: VersionKey(row.text(0), in: row.text(1), Int(row.integer(2))),
            stage: ModelStage(rawValue: row.text(3)) ?? .retired,
            parent: row.integer(4) == 0 ? nil : Int(row.integer(4)), madeAt: row.integer(5), madeBy: row.text(6),
            code: row.text(7), configurationDigest: row.text(8), dataDigest: row.text(9),
            verdict: row.text(10).isEmpty ? nil : row.text(10), bytes: Int(row.integer(11)),
            figures: Figures(
                rows: Int(row.integer(12)), rankIC: row.number(13), ic: row.number(14), r2: row.number(15),
                direction: row.number(16)))
    }
}
