/// How often a provider may be asked.
package struct RequestLimits: Sendable, Hashable {
    /// Requests a second at most, over a burst of as many; counted across restarts; `nil` for any number.
    package var perSecond: Double?
    /// Requests a minute at most, over a burst of as many; counted across restarts; `nil` for any number.
    package var perMinute: Double?
    /// Requests a day (UTC) at most; counted across restarts; `nil` for any number.
    package var perDay: Int?

    /// Creates limits; none by default.
    package init(perSecond: Double? = nil, perMinute: Double? = nil, perDay: Int? = nil) {
        self.perSecond = perSecond
        self.perMinute = perMinute
        self.perDay = perDay
    }
}

/// Counts requests against limits. A value without clock: times are nanoseconds since the Unix epoch, UTC.
package struct RequestBudget: Sendable {
    /// Tokens that come back with time.
    private struct Bucket {
        let size: Double
        /// Tokens that come back a nanosecond.
        let rate: Double
        var tokens: Double
        var time: Int64

        init(size: Double, within span: Double, at time: Int64) {
            (self.size, rate, tokens, self.time) = (max(1, size), size / span, max(1, size), time)
        }

        mutating func refill(at now: Int64) {
            let (span, overflows) = now.subtractingReportingOverflow(time)
            if !overflows, span > 0 { tokens = min(size, tokens + Double(span) * rate) }
            time = now
        }

        /// Takes in what others left; none may be gained by a limit that was raised, or a clock that was set back.
        mutating func resume(_ left: Double, since then: Int64, at now: Int64) {
            refill(at: now)
            let (span, overflows) = now.subtractingReportingOverflow(then)
            tokens = min(tokens, overflows || span <= 0 ? left : left + Double(span) * rate)
        }

        /// Nanoseconds until there is a token; 0 where there is one.
        var wait: Double { tokens >= 1 ? 0 : (1 - tokens) / rate }
    }

    private static let day: Int64 = 86_400_000_000_000

    private let limits: RequestLimits
    private var perSecond: Bucket?
    private var perMinute: Bucket?
    /// The day that is counted, in days since 1970, and its requests.
    private var today: (day: Int64, used: Int)

    /// Creates a budget.
    package init(_ limits: RequestLimits, at now: Int64) {
        self.limits = limits
        perSecond = limits.perSecond.map { Bucket(size: $0, within: 1e9, at: now) }
        perMinute = limits.perMinute.map { Bucket(size: $0, within: 60e9, at: now) }
        today = (Self.number(now), 0)
    }

    /// Takes in what earlier runs, and other processes, asked: of what is known here and there the fewer are left.
    package mutating func resume(_ kept: KeptRequests, at now: Int64) {
        roll(to: now)
        if kept.day == today.day { today.used = max(today.used, kept.used) }
        // A clock that was set back gives no second budget; one that was years ahead once takes none away.
        if kept.day == today.day + 1 { today = (kept.day, kept.used) }
        if let left = kept.perSecond { perSecond?.resume(left, since: kept.time, at: now) }
        if let left = kept.perMinute { perMinute?.resume(left, since: kept.time, at: now) }
    }

    /// What a later run goes on from.
    package func kept(at now: Int64) -> KeptRequests {
        KeptRequests(
            day: today.day, used: today.used, time: now, perSecond: perSecond?.tokens, perMinute: perMinute?.tokens)
    }

    /// Takes as many requests as one question needs; `nil` where it may go, else when it may.
    ///
    /// What is left lets one question go, however much it needs: those after it wait the longer.
    package mutating func take(_ count: Int = 1, at now: Int64) -> Int64? {
        roll(to: now)
        if let perDay = limits.perDay, today.used >= perDay { return (today.day + 1) * Self.day }
        perSecond?.refill(at: now)
        perMinute?.refill(at: now)
        let wait = max(perSecond?.wait ?? 0, perMinute?.wait ?? 0)
        guard wait <= 0 else { return now.addingClamped(Int64(min(wait.rounded(.up), 9e18))) }
        perSecond?.tokens -= Double(count)
        perMinute?.tokens -= Double(count)
        today.used += count
        return nil
    }

    /// Requests that are left today; `nil` for any number.
    package mutating func left(at now: Int64) -> Int? {
        roll(to: now)
        return limits.perDay.map { max(0, $0 - today.used) }
    }

    private mutating func roll(to now: Int64) {
        let number = Self.number(now)
        // A clock that was set back gives no second budget.
        if number > today.day { today = (number, 0) }
    }

    private static func number(_ now: Int64) -> Int64 { now >= 0 ? now / day : (now - day + 1) / day }
}
