import PluginKit
import Synchronization

/// One try of a provider's stream: takes its deliveries, and knows whether they bring anything.
final class StreamAttempt: EventReceiver {
    private struct State {
        var signs: UInt64 = 0
        var isTaking = 0
        var hasWorked = false
        var isShownFaulty: Bool
        /// Whether what is shown is silence, which only something new ends.
        var isShownSilent: Bool
        var hasEndedSilent = false
        var isOver = false
    }

    private let receiver: RouteReceiver
    private let number: Int
    private let route: Route
    private let state: Mutex<State>
    /// Where the stream goes on; `nil` for the beginning.
    let after: StreamPosition?

    /// Begins an attempt; `isFaulty` where a fault of the one before is shown, `isSilent` where that is its silence.
    init(_ receiver: RouteReceiver, _ route: Route, isFaulty: Bool, isSilent: Bool = false) {
        self.receiver = receiver
        self.route = route
        (number, after) = receiver.beginAttempt()
        state = Mutex(State(isShownFaulty: isFaulty, isShownSilent: isSilent))
    }

    /// Whether it brought something new.
    var hasWorked: Bool { state.withLock { $0.hasWorked } }

    /// Whether it ends because the pipeline wants no more.
    var isOver: Bool { state.withLock { $0.isOver } || receiver.isEnding }

    /// Whether silence ended it.
    var hasEndedSilent: Bool { state.withLock { $0.hasEndedSilent } }

    /// Counts the signs of life; `nil` while the pipeline holds the stream back.
    var signs: UInt64? { state.withLock { $0.isTaking > 0 ? nil : $0.signs } }

    func receive(_ delivery: Delivery) async throws(PluginError) {
        try await receive(
            delivery,
            Provenance(
                source: route.plan.first.id, attempts: number, reason: receiver.isReplay ? .replay : .live))
    }

    /// Takes what a provider gave on request; `isPast` where that fills in the past.
    func receive(
        _ delivery: Delivery, from origin: PullOrigin, isPast: Bool, alerts: [Alert] = []
    ) async throws(PluginError) {
        let reason: Provenance.Reason = receiver.isReplay ? .replay : isPast ? .history : .live
        try await receive(
            delivery,
            Provenance(
                source: origin.source, attempts: number + origin.others, reason: reason, fetchedAt: origin.askedAt),
            alerts)
    }

    /// The machine's clock, nanoseconds since the Unix epoch, UTC.
    var wallTime: Int64 { receiver.wallTime }

    private func receive(
        _ delivery: Delivery, _ provenance: Provenance, _ alerts: [Alert] = []
    ) async throws(PluginError) {
        state.withLock { $0.isTaking += 1 }
        defer { state.withLock { $0.isTaking -= 1 } }
        let fresh: Int
        do {
            fresh = try await receiver.receive(delivery, of: number, provenance, alerts)
        } catch {
            if error.code == .cancelled, !Task.isCancelled { state.withLock { $0.isOver = true } }
            throw error
        }
        if fresh > 0 { works() } else { state.withLock { $0.signs += 1 } }
    }

    func caughtUp() async {
        lasts()
        await receiver.caughtUp(attempt: number)
    }

    /// Says that nothing more is there for now than what the store has, because nobody answers.
    func hasOnlyStored() async { await receiver.caughtUp(attempt: number) }

    /// Notes that it brought something new.
    private func works() {
        state.withLock { state in
            state.signs += 1
            state.hasWorked = true
            state.isShownSilent = false
        }
        lasts()
    }

    /// Notes that it goes on without a fault: the one that is shown has passed.
    func lasts() {
        let wasFaulty = state.withLock { state in
            guard !state.isShownSilent else { return false }
            defer { state.isShownFaulty = false }
            return state.isShownFaulty
        }
        if wasFaulty { route.works() }
    }

    /// Notes that the provider answered all it was asked: whatever fault of it is shown, by whomever, has passed.
    ///
    /// - Parameter stale: what is shown instead where nothing new has come for too long.
    func answered(stale: String?) {
        if stale != nil { state.withLock { $0.isShownFaulty = false } }
        works()
        receiver.answered()
        if let stale { route.isStale(stale) } else { route.works() }
    }

    /// Shows a fault that does not end the stream.
    func fails(_ fault: PluginError) {
        state.withLock { state in
            state.signs += 1
            state.isShownFaulty = true
        }
        route.fails(fault.message)
        receiver.isFilled.fire()
    }

    /// Notes that silence ends it.
    func endsSilent() { state.withLock { $0.hasEndedSilent = true } }

    /// Shows that nothing has come for too long, unless something comes just now.
    func isSilent(since signs: UInt64, _ message: String) {
        let isStill = state.withLock { state in
            guard state.signs == signs, state.isTaking == 0 else { return false }
            state.isShownFaulty = true
            return true
        }
        if isStill { route.fails(message) }
    }
}
