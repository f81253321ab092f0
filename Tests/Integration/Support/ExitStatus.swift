import Synchronization

/// How a process ended, asked for until it is known and once only.
final class ExitStatus: Sendable {
    private let code = Mutex<Int32?>(nil)

    /// The exit code, where it is known.
    var value: Int32? { code.withLock { $0 } }

    /// Returns the exit code, asking where it is not known yet.
    func poll(_ ask: () -> Int32?) -> Int32? {
        code.withLock { code in
            if code == nil { code = ask() }
            return code
        }
    }
}
