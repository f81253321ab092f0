import GRDB
public import PluginKit

/// What is wrong with the tables of a file, and what to do: whoever looks at them does not know the path.
public struct TableFault: Error {
    /// What is wrong; follows the path.
    public let fact: String
    /// What to do; one or more sentences.
    public let remedy: String

    /// Creates a fault.
    public init(_ fact: String, remedy: String) {
        self.fact = fact
        self.remedy = remedy
    }
}

/// Turns what SQLite reports into an error a user can act on: who, what, where, what to do.
public struct DatabaseFaults: Sendable {
    /// Begins every message: `state database`, `sink/keep`.
    public let who: String
    /// The file.
    public let path: String
    /// What to do where the file is damaged; one or more sentences.
    public let damagedRemedy: String
    /// What it means that another process holds the file, and what to do.
    public let lockedRemedy: String
    /// The class of "another process holds the file".
    public let lockedCode: PluginError.Code

    /// Creates a translator for one file.
    public init(
        who: String, path: String, damagedRemedy: String, lockedRemedy: String, lockedCode: PluginError.Code
    ) {
        self.who = who
        self.path = path
        self.damagedRemedy = damagedRemedy
        self.lockedRemedy = lockedRemedy
        self.lockedCode = lockedCode
    }

    /// Returns the error for anything thrown while the file was used.
    public func error(_ error: any Error) -> PluginError {
        switch error {
        case let error as TableFault: message(.environment, error.fact, error.remedy, nil)
        case let error as PluginError: error
        case is CancellationError: PluginError(.cancelled, "\(who): cancelled.")
        case let error as DatabaseError: translate(error)
        case is RowDecodingError: damaged("a field holds what its column cannot hold", error)
        default: message(.environment, "cannot be used: \(error)", "Look at the cause.", error)
        }
    }

    private func translate(_ error: DatabaseError) -> PluginError {
        let said = error.message ?? "result code \(error.extendedResultCode.rawValue)"
        switch error.resultCode {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB: return damaged(said, error)
        case .SQLITE_FULL:
            return message(
                .environment, "cannot grow: the disk is full",
                "What was stored before is whole. Free space, or choose a path on another disk.", error)
        case .SQLITE_BUSY, .SQLITE_LOCKED: return message(lockedCode, "is locked", lockedRemedy, error)
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            return message(
                .environment, "can only be read",
                "Give this user the right to write the file and its folder, or choose another path.", error)
        case .SQLITE_CANTOPEN:
            return message(
                .environment, "cannot be opened (\(said))",
                "Give this user the right to write its folder, or choose another path.", error)
        case .SQLITE_IOERR: return deviceFault(error)
        case .SQLITE_INTERRUPT, .SQLITE_ABORT: return PluginError(.cancelled, "\(who): cancelled.", cause: error)
        default:
            return message(
                .environment, "cannot be used (\(said), result code \(error.extendedResultCode.rawValue))",
                "Close other programs that use it, or move the file away and start again.", error)
        }
    }

    /// Returns the error for a damaged file.
    ///
    /// - Parameters:
    ///   - what: what is wrong with it.
    ///   - cause: the fault beneath.
    public func damaged(_ what: String, _ cause: (any Error)? = nil) -> PluginError {
        message(.corrupted, "is damaged (\(what)); allowed is a whole SQLite file", damagedRemedy, cause)
    }

    private func deviceFault(_ error: DatabaseError) -> PluginError {
        switch error.extendedResultCode {
        case .SQLITE_IOERR_SHORT_READ: damaged("it is shorter than it says", error)
        case .SQLITE_IOERR_NOMEM:
            message(.environment, "cannot be used: memory is used up", "Free memory, then start again.", error)
        default:
            message(
                .environment,
                "cannot be read or written: the system reports a fault (\(error.message ?? "disk I/O error"), "
                    + "result code \(error.extendedResultCode.rawValue))",
                "Look at free space, quota and the system log (dmesg), or choose a path on another disk.", error)
        }
    }

    private func message(
        _ code: PluginError.Code, _ fact: String, _ remedy: String, _ cause: (any Error)?
    ) -> PluginError {
        PluginError(code, "\(who): \(PluginError.quoted(path)) \(fact). \(remedy)", cause: cause)
    }
}
