import PluginKit
import Synchronization

/// What stands between the host and one provider: its breaker, its budget of requests, its health. Shared by all routes.
package final class ProviderGate: Sendable {
    /// How a provider stands, for people.
    package struct Report: Sendable {
        /// Creates a report.
        package init(breaker: Breaker.State, opensAt: Int64?, health: HealthScore, left: Int?) {
            self.breaker = breaker
            self.opensAt = opensAt
            self.health = health
            self.left = left
        }

        /// Whether requests go through.
        package let breaker: Breaker.State
        /// When the next may, nanoseconds since the Unix epoch, UTC; `nil` where it may now.
        package let opensAt: Int64?
        /// How well it answered of late.
        package let health: HealthScore
        /// Requests that are left today; `nil` for any number.
        package let left: Int?
    }

    private struct State {
        var breaker = Breaker()
        var budget: RequestBudget
        var health = HealthScore()
        /// The message of the last fault.
        var fault = ""
        /// Whether the requests of earlier runs are counted.
        var isCounted: Bool
    }

    private let state: Mutex<State>
    private let wallTime: @Sendable () -> Int64
    private let provider: String
    /// Keeps what was asked beyond the end of the host.
    private let counts: (any RequestCounts)?

    /// Creates the gate of a provider; without `counts` its limits begin anew with each run.
    package init(
        _ provider: String, limits: RequestLimits = RequestLimits(), counts: (any RequestCounts)? = nil,
        wallTime: @escaping @Sendable () -> Int64
    ) {
        self.provider = provider
        self.counts = limits == RequestLimits() ? nil : counts
        self.wallTime = wallTime
        state = Mutex(State(budget: RequestBudget(limits, at: wallTime()), isCounted: self.counts == nil))
    }

    /// How it stands now.
    package var report: Report {
        let now = wallTime()
        return state.withLock { state in
            let breaker = state.breaker.state(at: now)
            return Report(
                breaker: breaker, opensAt: breaker == .open ? state.breaker.opensAt : nil, health: state.health,
                left: state.budget.left(at: now))
        }
    }

    /// Takes a place for a request; throws `.rateLimited` with the time to come back where none may go now.
    ///
    /// A provider that has no other beside it is not left alone for its faults: whoever asks it waits by itself.
    ///
    /// - Parameter count: how many requests the question counts as.
    func admit(isOnly: Bool, count: Int = 1) async throws(PluginError) {
        await countEarlier()
        let now = wallTime()
        let (refusal, kept) = state.withLock { state -> ((until: Int64, why: String)?, KeptRequests) in
            if !isOnly, let until = state.breaker.admit(at: now) {
                return ((until, "\(state.fault) It is left alone"), state.budget.kept(at: now))
            }
            guard let until = state.budget.take(count, at: now) else { return (nil, state.budget.kept(at: now)) }
            state.breaker.left()
            return ((until, "provider/\(provider): its 'limits' allow no request"), state.budget.kept(at: now))
        }
        guard let refusal else {
            // Kept before the request goes out; a count that cannot be kept is no reason to do without data.
            try? await counts?.keep(kept, of: provider)
            return
        }
        let wait = Duration.nanoseconds(max(1, refusal.until - now))
        throw PluginError(.rateLimited, "\(refusal.why) for \(wait.inWords).", retryAfter: wait)
    }

    /// Counts what earlier runs asked.
    private func countEarlier() async {
        guard let counts, !state.withLock(\.isCounted) else { return }
        let earlier: KeptRequests?
        do { earlier = try await counts.requests(of: provider) } catch { return }
        let now = wallTime()
        state.withLock { state in
            if !state.isCounted, let earlier { state.budget.resume(earlier, at: now) }
            state.isCounted = true
        }
    }

    /// Notes what became of a request.
    func note(_ fault: PluginError?, took span: Duration) {
        let now = wallTime()
        state.withLock { state in
            guard let fault else {
                state.breaker.answered()
                state.health.note(isAnswered: true, took: span)
                return
            }
            state.breaker.failed(fault, at: now)
            guard fault.code != .cancelled else { return }
            if !fault.isAnswer { state.fault = fault.message }
            state.health.note(isAnswered: fault.isAnswer, took: span)
        }
    }
}

extension PluginError {
    /// Whether the source answered, and has nothing: another one may.
    var isAnswer: Bool { code == .noData || code == .notFound || code == .badRequest || code == .unsupported }
}

extension Duration {
    /// The span in whole units a person would say: `250 ms`, `3 s`, `5 min`, `2 h`.
    package var inWords: String {
        if self > .zero, self < .seconds(1) {
            return "\((components.attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000) ms"
        }
        let seconds = components.seconds + (components.attoseconds > 0 ? 1 : 0)
        if seconds < 120 { return "\(seconds) s" }
        if seconds < 7_200 { return "\((seconds + 59) / 60) min" }
        return seconds < 172_800 ? "\((seconds + 3_599) / 3_600) h" : "\((seconds + 86_399) / 86_400) days"
    }
}
