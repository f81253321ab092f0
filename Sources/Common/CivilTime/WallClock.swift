import Glibc

/// The machine's clock; it dates what is stored, logged and answered, and nothing is computed from it.
public enum WallClock {
    /// Returns nanoseconds since the Unix epoch, UTC.
    public static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
