import GRDB
import GRDBSQLite

/// SQLite's own check of a file's pages (`PRAGMA quick_check`), for so long as there is time.
struct IntegrityCheck {
    /// Steps of SQLite's machine between two looks at the clock; about a millisecond.
    private static let steps: Int32 = 20_000

    let limit: Duration

    /// Returns what is wrong; `nil` where nothing was found, or the time was over before the end.
    func run(_ db: Database) throws -> String? {
        guard let connection = db.sqliteConnection else { return nil }
        var deadline = ContinuousClock.now + limit
        return try withUnsafeMutablePointer(to: &deadline) { deadline in
            sqlite3_progress_handler(
                connection, Self.steps,
                { context in
                    guard let context else { return 0 }
                    return ContinuousClock.now > context.assumingMemoryBound(to: ContinuousClock.Instant.self).pointee
                        ? 1 : 0
                }, deadline)
            defer { sqlite3_progress_handler(connection, 0, nil, nil) }
            do {
                let finding = try String.fetchOne(db, sql: "PRAGMA quick_check(1)") ?? "ok"
                return finding == "ok" ? nil : finding
            } catch let error as DatabaseError where error.resultCode == .SQLITE_INTERRUPT {
                return nil
            }
        }
    }
}
