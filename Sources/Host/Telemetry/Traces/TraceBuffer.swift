package import HostCore
import Synchronization

/// Spans that wait to be sent, and what became of those before: bounded, so that a collector that is away costs spans and no
/// memory.
package final class TraceBuffer: Sendable {
    /// What becomes of a span.
    package enum Outcome: String, Sendable, CaseIterable {
        /// The collector took it.
        case exported
        /// The collector refused it.
        case refused
        /// The collector could not be reached, again and again.
        case failed
        /// Too many waited.
        case queueFull = "queue_full"
    }

    private struct State {
        var spans: [TraceSpan] = []
        var counts: [Outcome: Int] = [:]
    }

    private let capacity: Int
    private let state = Mutex(State())

    /// Creates a buffer for so many spans.
    package init(capacity: Int = 8_192) { self.capacity = capacity }

    /// Adds a span; a full buffer drops it and counts that.
    package func add(_ span: TraceSpan) {
        state.withLock { state in
            guard state.spans.count < capacity else {
                state.counts[.queueFull, default: 0] += 1
                return
            }
            state.spans.append(span)
        }
    }

    /// Takes out the oldest spans, `most` of them.
    package func take(_ most: Int) -> [TraceSpan] {
        state.withLock { state in
            defer { state.spans.removeFirst(min(most, state.spans.count)) }
            return Array(state.spans.prefix(most))
        }
    }

    /// Notes what became of spans that were taken out.
    package func note(_ outcome: Outcome, _ count: Int) {
        guard count > 0 else { return }
        state.withLock { $0.counts[outcome, default: 0] += count }
    }

    /// How many spans had each outcome, by its name.
    package var counts: [String: Int] {
        let counts = state.withLock(\.counts)
        return Dictionary(uniqueKeysWithValues: Outcome.allCases.map { ($0.rawValue, counts[$0] ?? 0) })
    }
}
