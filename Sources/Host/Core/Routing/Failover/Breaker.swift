package import PluginKit

/// Keeps requests from a provider that does not answer, and lets one through now and then to see whether it does again.
///
/// ```
/// closed --faults in a row--> open (pause) --pause is over--> half open --answer--> closed
///    ^                          ^                                |
///    +--------- answer          +--- fault, the pause doubles ---+
/// ```
///
/// A refusal that tells its own time (a rate limit, a ban) opens it at once, for that time. What says that the source has
/// nothing (`no_data`, `not_found`, `bad_request`) is an answer. A value without clock: times are nanoseconds, any origin.
package struct Breaker: Sendable, Hashable {
    /// Whether requests go through.
    package enum State: String, Sendable {
        /// They do.
        case closed
        /// None does.
        case open
        /// One does, to see what comes of it.
        case halfOpen = "half_open"
    }

    /// Faults in a row that open it.
    package static let limit = 3
    /// The first pause and the longest, nanoseconds.
    private static let pauses: (first: Int64, longest: Int64) = (30_000_000_000, 600_000_000_000)
    /// The shortest pause after a ban, and after credentials that are refused or an account that does not cover it.
    private static let refusals: (ban: Int64, account: Int64) = (3_600_000_000_000, 300_000_000_000)

    private var faults = 0
    private var openings = 0
    private var isProbing = false
    /// When the next request may go, where it is not closed.
    package private(set) var opensAt: Int64?

    /// Creates one that is closed.
    package init() {}

    /// How it stands.
    package func state(at now: Int64) -> State {
        guard let opensAt else { return .closed }
        return now < opensAt ? .open : .halfOpen
    }

    /// Takes a place for a request; `nil` where it may go, else when it makes sense to ask again.
    package mutating func admit(at now: Int64) -> Int64? {
        guard let opensAt else { return nil }
        if now < opensAt { return opensAt }
        if isProbing { return now.addingClamped(Self.pauses.first) }
        isProbing = true
        return nil
    }

    /// Notes that the source answered.
    package mutating func answered() { self = Breaker() }

    /// Gives back the place of a request that was left before it had an outcome.
    package mutating func left() { isProbing = false }

    /// Notes a fault; one that is an answer, or the caller's own end, opens nothing.
    package mutating func failed(_ error: PluginError, at now: Int64) {
        switch error.code {
        case .noData, .notFound, .badRequest, .unsupported: return answered()
        case .cancelled: return left()
        default: break
        }
        faults += 1
        guard isProbing || faults >= Self.limit || error.tellsItsTime else { return }
        isProbing = false
        openings += 1
        let doubled = Self.pauses.first << Int64(min(openings - 1, 5))
        opensAt = now.addingClamped(max(min(doubled, Self.pauses.longest), Self.pause(error)))
    }

    private static func pause(_ error: PluginError) -> Int64 {
        let asked = error.retryAfter.map { $0.nanosecondsClamped } ?? 0
        switch error.code {
        case .banned: return max(asked, refusals.ban)
        case .auth, .permission: return max(asked, refusals.account)
        default: return min(asked, 86_400_000_000_000)
        }
    }
}

extension PluginError {
    /// Whether asking once more at once is known to be in vain.
    fileprivate var tellsItsTime: Bool {
        switch code {
        case .rateLimited, .banned, .auth, .permission: true
        default: retryAfter != nil
        }
    }
}

extension Int64 {
    /// The sum; one beyond what 64 bits hold counts as the greatest.
    func addingClamped(_ other: Int64) -> Int64 {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? .max : sum
    }
}

extension Duration {
    /// The span in nanoseconds; one beyond what 64 bits hold counts as the greatest.
    var nanosecondsClamped: Int64 {
        let (whole, overflows) = components.seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflows ? .max : whole.addingClamped(components.attoseconds / 1_000_000_000)
    }
}
