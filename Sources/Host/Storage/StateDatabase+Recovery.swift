import CivilTime
import FileOutput
package import HostCore
package import PluginKit
import SQLiteFile

extension StateDatabase {
    /// An open database and, where the old file was damaged, what became of it.
    package struct Opened: Sendable {
        /// The database, ready for use.
        package let database: StateDatabase
        /// The file that was moved aside, or `nil` where all was well.
        package let setAside: SetAside?
    }

    /// A damaged file that was kept under another name.
    package struct SetAside: Sendable {
        /// Where it is now.
        package let keptAs: String
        /// One sentence for the user: what was wrong, where the file is, what happens next.
        package let message: String
        /// What was found.
        package let cause: PluginError
    }

    /// Opens the file; a damaged one is renamed to `<path>.damaged-<n>` (its `-wal` and `-shm` go along), never deleted,
    /// and a new one is begun.
    ///
    /// Hold the folder's `InstanceLock`: a file another process has open must not be moved. Throws `.environment` where
    /// the file cannot be used for another reason than damage; it stays where it is then.
    package static func openOrSetAside(
        path: String, instruments: InstrumentTable, busyTimeout: Duration = .seconds(2),
        now: @escaping @Sendable () -> Int64 = { WallClock.now() }
    ) throws(PluginError) -> Opened {
        do throws(PluginError) {
            let database = try StateDatabase(path: path, instruments: instruments, busyTimeout: busyTimeout, now: now)
            return Opened(database: database, setAside: nil)
        } catch {
            guard error.code == .corrupted else { throw error }
            let kept = try FilePaths.setAside(
                path, separator: ".damaged-", companions: DatabaseFile.companions, who: "state database")
            let database = try StateDatabase(path: path, instruments: instruments, busyTimeout: busyTimeout, now: now)
            return Opened(
                database: database, setAside: SetAside(keptAs: kept, message: notice(path, kept), cause: error))
        }
    }

    /// Looks at the pages of a state database, for so long; returns what is wrong, or `nil`. It may be in use.
    package static func examine(path: String, for limit: Duration) -> PluginError? {
        if let found = DamageMark(path).reason { return faults(path).damaged(found) }
        let file = DatabaseFile(
            faults: faults(path), applicationID: StateSchema.applicationID, durability: .everyTransaction)
        do throws(PluginError) {
            try file.examine(for: limit)
            return nil
        } catch {
            return error.code == .corrupted ? error : nil
        }
    }

    private static func notice(_ path: String, _ kept: String) -> String {
        "state database: \(PluginError.quoted(path)) was damaged and is kept as \(PluginError.quoted(kept)); a new one "
            + "was begun. Bars are fetched again and models are fitted again; read what the old one still has with "
            + "`sqlite3 '\(kept)' .recover`."
    }
}
