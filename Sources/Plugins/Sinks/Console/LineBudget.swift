/// Decides how many lines may be printed: so many in each second, counted from its first line.
struct LineBudget {
    /// Lines a second; 0 for no limit.
    let limit: Int
    private var start: ContinuousClock.Instant?
    private var used = 0
    private var held = 0

    init(limit: Int) { self.limit = limit }

    /// Tells the time; returns the rows held back in the second that is over, to be stated now.
    mutating func begin(at now: ContinuousClock.Instant) -> Int {
        if let start, now - start < .seconds(1) { return 0 }
        start = now
        used = 0
        return takeHeld()
    }

    /// Asks for so many lines; returns how many may be printed and holds back the rest.
    mutating func take(_ count: Int) -> Int {
        guard limit > 0 else { return count }
        let granted = min(count, limit - used)
        used += granted
        held += count - granted
        return granted
    }

    /// Returns the rows held back that nobody stated yet, where the second they belong to is over.
    mutating func takeHeld(at now: ContinuousClock.Instant) -> Int {
        if let start, now - start < .seconds(1) { return 0 }
        return takeHeld()
    }

    /// Returns the rows held back that nobody stated yet.
    mutating func takeHeld() -> Int {
        defer { held = 0 }
        return held
    }
}
