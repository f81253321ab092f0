/// When a socket pings, repeats what it says, and counts as silent; a value that is told the time.
struct SocketTimers {
    /// What is to be done now.
    enum Due: Hashable {
        case ping
        case repeated
        case silent
    }

    private let silence: Duration
    private var lastHeard: ContinuousClock.Instant
    private var lastPing: ContinuousClock.Instant
    private var lastRepeated: ContinuousClock.Instant

    init(_ options: SocketOptions, now: ContinuousClock.Instant = .now) {
        silence = options.silence
        (lastHeard, lastPing, lastRepeated) = (now, now, now)
    }

    /// Notes that something came.
    mutating func heard(now: ContinuousClock.Instant = .now) { lastHeard = now }

    /// Returns what is due; a silence is due for good.
    mutating func due(repeating every: Duration?, now: ContinuousClock.Instant = .now) -> Due? {
        if lastHeard.duration(to: now) >= silence { return .silent }
        if let every, lastRepeated.duration(to: now) >= every {
            lastRepeated = now
            return .repeated
        }
        // Answers to pings are what a quiet source is known to live by.
        if min(lastHeard.duration(to: now), lastPing.duration(to: now)) >= silence / 3 {
            lastPing = now
            return .ping
        }
        return nil
    }

    /// How long until something may be due.
    func next(repeating every: Duration?, now: ContinuousClock.Instant = .now) -> Duration {
        let ping = max(lastHeard, lastPing) + silence / 3
        let next = [lastHeard + silence, ping, every.map { lastRepeated + $0 } ?? ping].min() ?? ping
        return max(.milliseconds(1), now.duration(to: next))
    }
}
