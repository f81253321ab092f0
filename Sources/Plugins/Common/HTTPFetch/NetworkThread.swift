import Glibc

/// A thread for a loop that waits for the network, which must not hold one of Swift's.
package enum NetworkThread {
    private final class Work {
        let body: @Sendable () -> Void

        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts a thread that takes no signal: those are the host's, and a connection that breaks (SIGPIPE) is no reason to end it.
    ///
    /// Returns `false` where the system has no thread left; the body is let go then.
    package static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        var thread = pthread_t()
        let work = Unmanaged.passRetained(Work(body))
        let fault = pthread_create(
            &thread, nil,
            { place in
                guard let place else { return nil }
                var all = sigset_t()
                sigfillset(&all)
                pthread_sigmask(SIG_BLOCK, &all, nil)
                Unmanaged<Work>.fromOpaque(place).takeRetainedValue().body()
                return nil
            }, work.toOpaque())
        guard fault == 0 else {
            work.release()
            return false
        }
        pthread_detach(thread)
        return true
    }
}
