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
    }

    private let state: Mutex<State>
    private let wallTime: @Sendable () -> Int64
    private let provider: String
    /// Keeps what was asked beyond the end of the process, and beside what others ask.
    private let counts: (any RequestCounts)?

    /// Creates the gate of a provider; without `counts` its limits are those of this process alone.
    package init(
        _ provider: String, limits: RequestLimits = RequestLimits(), counts: (any RequestCounts)? = nil,
        wallTime: @escaping @Sendable () -> Int64
    ) {
        self.provider = provider
        self.counts = limits == RequestLimits() ? nil : counts
        self.wallTime = wallTime
        state = Mutex(State(budget: RequestBudget(limits, at: wallTime())))
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
        let now = wallTime()
        let isLeftAlone = state.withLock { state -> (until: Int64, why: String)? in
            guard !isOnly, let until = state.breaker.admit(at: now) else { return nil }
            return (until, "\(state.fault) It is left alone")
        }
        if let isLeftAlone { throw refusal(isLeftAlone.why, until: isLeftAlone.until, at: now) }
        guard let until = await take(count) else { return }
        state.withLock { $0.breaker.left() }
        throw refusal("provider/\(provider): its 'limits' allow no request", until: until, at: now)
    }

    /// Takes requests off what all processes have left together, before they go out; returns when there are some, `nil` where
    /// they may go now.
    private func take(_ count: Int) async -> Int64? {
        if let counts {
            // A count that cannot be kept is no reason to do without data.
            do { return try await counts.change(provider) { self.take(count, beside: $0) } } catch {}
        }
        return take(count, beside: nil).until
    }

    private func take(_ count: Int, beside kept: KeptRequests?) -> (kept: KeptRequests?, until: Int64?) {
        let now = wallTime()
        return state.withLock { state in
            if let kept { state.budget.resume(kept, at: now) }
            let until = state.budget.take(count, at: now)
            return (until == nil ? state.budget.kept(at: now) : nil, until)
        }
    }

    private func refusal(_ why: String, until: Int64, at now: Int64) -> PluginError {
        let wait = Duration.nanoseconds(max(1, until - now))
        return PluginError(.rateLimited, "\(why) for \(wait.inWords).", retryAfter: wait)
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
