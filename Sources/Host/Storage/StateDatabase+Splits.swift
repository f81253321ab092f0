import GRDB
package import HostCore
package import PluginKit

// How rows of a model are shared: a row of `splits` for each version beside the champion.
extension StateDatabase {
    /// Lets versions share the rows of a model, or the champion serve all of them again.
    package func split(_ order: SplitOrder) async throws(PluginError) {
        let time = now()
        try await write { db in
            let serving = try Self.champion(of: order.model, in: order.pipeline, db) ?? 0
            guard serving == order.champion, serving > 0 else {
                throw Self.refusal(
                    VersionKey(order.model, in: order.pipeline, order.champion),
                    "was to share its rows, and now \(serving > 0 ? "version \(serving)" : "none") serves",
                    "Look at what serves now, and ask again.")
            }
            let before = try Self.arms(order.model, order.pipeline, db)
            try Self.forget(order.model, order.pipeline, db)
            let slot = order.slot == 0 ? "by instrument" : "by slots of \(Duration.nanoseconds(order.slot).inWords)"
            for arm in order.arms {
                let key = VersionKey(order.model, in: order.pipeline, arm.number)
                let change = try Self.note(
                    key, order, "split: serves \(arm.share) of the rows \(slot): \(order.reason)", time, db)
                try db.execute(
                    sql: "INSERT INTO splits VALUES (?, ?, ?, ?, ?, ?)",
                    arguments: [order.pipeline, order.model, arm.number, arm.share, order.slot, change])
            }
            for number in before where order.arms.isEmpty {
                let key = VersionKey(order.model, in: order.pipeline, number)
                _ = try Self.note(key, order, "the split ends: \(order.reason)", time, db)
            }
        }
    }

    /// Returns how the rows of a model are shared; `nil` where the champion serves all.
    package func split(of model: String, in pipeline: String) async throws(PluginError) -> ModelSplit? {
        try await read { db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT number, share, slot, sequence FROM splits WHERE pipeline = ? AND model = ?",
                arguments: [pipeline, model])
            guard let first = rows.first, let champion = try Self.champion(of: model, in: pipeline, db) else {
                return nil
            }
            return ModelSplit(
                model: model, champion: champion,
                arms: try rows.map { .init(try $0.decode(atIndex: 0), share: try $0.decode(atIndex: 1)) },
                slot: try first.decode(atIndex: 2),
                sequence: try rows.map { (row: Row) throws -> Int64 in try row.decode(atIndex: 3) }.min() ?? 0)
        }
    }

    /// Ends the split that an order leaves without one of its versions, or with another champion.
    static func endSplit(_ order: StageOrder, _ db: Database) throws {
        let key = order.key
        let arms = try arms(key.model, key.pipeline, db)
        guard order.to == .champion || arms.contains(key.number) else { return }
        try forget(key.model, key.pipeline, db)
    }

    private static func arms(_ model: String, _ pipeline: String, _ db: Database) throws -> [Int] {
        try Int.fetchAll(
            db, sql: "SELECT number FROM splits WHERE pipeline = ? AND model = ?", arguments: [pipeline, model])
    }

    private static func forget(_ model: String, _ pipeline: String, _ db: Database) throws {
        try db.execute(sql: "DELETE FROM splits WHERE pipeline = ? AND model = ?", arguments: [pipeline, model])
    }

    /// Writes into the history what a version is used for; it is a shadow then. Returns the number of the change.
    private static func note(
        _ key: VersionKey, _ order: SplitOrder, _ reason: String, _ time: Int64, _ db: Database
    ) throws -> Int64 {
        let row = try Row.fetchOne(
            db, sql: "SELECT stage, bytes FROM versions WHERE pipeline = ? AND model = ? AND number = ?",
            arguments: place(key))
        guard let row, let stage = ModelStage(rawValue: try row.decode(atIndex: 0)) else {
            throw refusal(key, "is not there", "`penstock models list --all` shows which there are.")
        }
        let bytes: Int = try row.decode(atIndex: 1)
        guard stage == .shadow || stage == .candidate, bytes > 0 else {
            throw refusal(
                key, "is \(stage.rawValue)\(bytes > 0 ? "" : " without an artifact")",
                "Beside the champion rows are shared with candidates and shadows whose bytes are kept.")
        }
        return try write(stage, StageOrder(key, to: .shadow, by: order.by, reason: reason), at: time, db).sequence
    }
}
