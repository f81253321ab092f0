import Glibc

/// The machine's clock.
package enum WallClock {
    /// Now, in nanoseconds since the Unix epoch, UTC.
    package static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
