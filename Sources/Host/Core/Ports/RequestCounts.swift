package import PluginKit

/// Keeps what was asked of providers, so that their limits hold across restarts, and for all processes together.
package protocol RequestCounts: Sendable {
    /// Changes what is kept of a provider; nobody else does in between.
    ///
    /// - Parameter change: is given what was kept last, `nil` where nothing was; returns what is kept in its place, `nil` where
    ///   that stays, and what the caller is told.
    func change<Told: Sendable>(
        _ provider: String, _ change: @escaping @Sendable (KeptRequests?) -> (KeptRequests?, Told)
    ) async throws(PluginError) -> Told
}

/// What was asked of a provider, as its limits count it.
package struct KeptRequests: Sendable, Hashable {
    /// The day that is counted, in days since 1970-01-01 UTC.
    package let day: Int64
    /// Requests of that day.
    package let used: Int
    /// When `perSecond` and `perMinute` were as they are, nanoseconds since the Unix epoch, UTC.
    package let time: Int64
    /// Requests that the limit a second left, below 0 where some are owed; `nil` without that limit.
    package let perSecond: Double?
    /// Requests that the limit a minute left; `nil` without that limit.
    package let perMinute: Double?

    /// Creates it.
    package init(day: Int64, used: Int, time: Int64 = 0, perSecond: Double? = nil, perMinute: Double? = nil) {
        self.day = day
        self.used = used
        self.time = time
        self.perSecond = perSecond
        self.perMinute = perMinute
    }
}
