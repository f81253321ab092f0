import Synchronization

/// Which sources refuse this address, and until when they are left alone.
final class SourceRests: Sendable {
    private let ends = Mutex<[String: Int64]>([:])

    /// Lets a source rest until an instant, in nanoseconds since the Unix epoch.
    func rest(_ source: String, until end: Int64) { ends.withLock { $0[source] = end } }

    /// How long a source rests from `now` on; `nil` where it does not.
    func wait(_ source: String, now: Int64) -> Duration? {
        ends.withLock { ends in
            guard let end = ends[source] else { return nil }
            if end > now { return .nanoseconds(end - now) }
            ends[source] = nil
            return nil
        }
    }
}
