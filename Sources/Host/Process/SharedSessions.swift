import PluginKit
import Synchronization

/// The processes of an indicator's instances: copies with the same options share one, each with states of its own.
final class SharedSessions: Sendable {
    private struct Weak {
        weak var session: ProcessSession?
    }

    private let sessions = Mutex<[Configuration: Weak]>([:])

    /// Returns the session of these options; makes one where none is in use, or the one in use was stopped for good.
    func session(_ options: Configuration, _ make: () -> ProcessSession) -> ProcessSession {
        sessions.withLock { sessions in
            if let known = sessions[options]?.session, known.isUsable { return known }
            sessions = sessions.filter { $0.value.session != nil }
            let made = make()
            sessions[options] = Weak(session: made)
            return made
        }
    }
}
