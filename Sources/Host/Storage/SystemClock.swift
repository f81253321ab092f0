import Glibc

/// The wall clock, for dating what is stored; nothing is computed from it.
package enum SystemClock {
    /// Returns nanoseconds since the Unix epoch, UTC.
    package static let now: @Sendable () -> Int64 = {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
