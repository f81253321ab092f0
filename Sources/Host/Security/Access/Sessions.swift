import Synchronization

/// Browsers that logged in: in memory, so a restart ends them all.
final class Sessions: Sendable {
    /// One of them.
    struct Session: Sendable {
        /// The key it logged in with; what it may is looked up anew each time.
        let key: String
        /// What a page shows with a change, which another's page cannot know.
        let csrf: String
        let began: Int64
        var seen: Int64
    }

    private static let second: Int64 = 1_000_000_000
    /// Without a request for so long it ends.
    static let idle: Int64 = 30 * 60
    /// However busy, it ends after so long.
    static let longest: Int64 = 12 * 3_600
    private static let most = 1_000

    private let open = Mutex<[String: Session]>([:])

    /// Begins one; returns its id, which is its cookie.
    func begin(_ key: String, at now: Int64) -> (id: String, session: Session) {
        let id = RandomText.hex(32)
        let session = Session(key: key, csrf: RandomText.hex(32), began: now, seen: now)
        open.withLock { open in
            open = open.filter { Self.isOpen($0.value, now) }
            if open.count >= Self.most, let oldest = open.min(by: { $0.value.seen < $1.value.seen }) {
                open[oldest.key] = nil
            }
            open[id] = session
        }
        return (id, session)
    }

    /// Returns an open one, and notes that it was used.
    func find(_ id: String, at now: Int64) -> Session? {
        open.withLock { open in
            guard var session = open[id], Self.isOpen(session, now) else {
                open[id] = nil
                return nil
            }
            session.seen = now
            open[id] = session
            return session
        }
    }

    /// Ends one.
    func end(_ id: String) { open.withLock { $0[id] = nil } }

    private static func isOpen(_ session: Session, _ now: Int64) -> Bool {
        now - session.seen <= idle * second && now - session.began <= longest * second
    }
}
