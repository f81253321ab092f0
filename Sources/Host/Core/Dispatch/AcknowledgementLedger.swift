import PluginKit
import Synchronization

/// Knows which deliveries are durable in every outlet (the store and each sink), so the provider is told only then.
///
/// Each outlet reports, per partition, the last delivery it has made durable (or has dropped by its policy, which its
/// counters say). The smallest of these is what the provider may forget. Positions are told one at a time and in order.
final class AcknowledgementLedger: Sendable {
    private struct State {
        var positions: [(sequence: UInt64, position: StreamPosition)] = []
        var durable: [[UInt64]]
        var acknowledged: UInt64 = 0
        var last: StreamPosition?
        var isTelling = false
        var next: StreamPosition?
    }

    /// Positions kept at most; above it every second one is forgotten, which only makes the steps longer.
    private static let limit = 4_096

    private let state: Mutex<State>
    private let partitions: Int

    init(outlets: Int, partitions: Int) {
        state = Mutex(State(durable: Array(repeating: Array(repeating: 0, count: partitions), count: outlets)))
        self.partitions = partitions
    }

    /// Makes room for outlets up to a count; a new one holds nothing back until `enter`.
    func grow(toOutlets count: Int) {
        state.withLock { state in
            while state.durable.count < count { state.durable.append(Array(repeating: .max, count: partitions)) }
        }
    }

    /// Notes that an outlet is given a partition's deliveries after this one.
    func enter(outlet: Int, partition: Int, after sequence: UInt64) {
        state.withLock { $0.durable[outlet][partition] = sequence }
    }

    /// Notes that an outlet is gone: it holds nothing back any more.
    func leave(outlet: Int) {
        state.withLock { $0.durable[outlet] = Array(repeating: .max, count: partitions) }
    }

    /// Notes a delivery before it enters the pipeline.
    func begin(_ sequence: UInt64, position: StreamPosition) {
        state.withLock { state in
            state.positions.append((sequence, position))
            guard state.positions.count > Self.limit else { return }
            state.positions = state.positions.enumerated().filter { !$0.offset.isMultiple(of: 2) }.map(\.element)
        }
    }

    /// Forgets a delivery that did not reach every partition: its position is never told.
    func abandon(_ sequence: UInt64) {
        state.withLock { $0.positions.removeAll { $0.sequence == sequence } }
    }

    /// Whether nothing that came waits to be durable.
    var isAllAcknowledged: Bool { state.withLock { $0.positions.isEmpty } }

    /// Notes where an earlier run was acknowledged; `nil` for nowhere: the stream begins at its beginning.
    func resume(after position: StreamPosition?) { state.withLock { $0.last = position } }

    /// Notes that the provider's stream begins again; returns the position to go on after, `nil` for the beginning.
    ///
    /// Positions that were not acknowledged are forgotten: what they stood for comes again under new ones.
    func beginAgain() -> StreamPosition? {
        state.withLock { state in
            state.positions = []
            return state.last
        }
    }

    /// Notes that an outlet is durable through a delivery; returns the position to tell the provider, if any.
    ///
    /// Who gets a position tells it, then asks `told` for the next one.
    func finish(outlet: Int, partition: Int, through sequence: UInt64) -> StreamPosition? {
        state.withLock { state in
            state.durable[outlet][partition] = max(state.durable[outlet][partition], sequence)
            let through = state.durable.map { $0.min() ?? 0 }.min() ?? 0
            guard through > state.acknowledged else { return nil }
            state.acknowledged = through
            let done = state.positions.prefix { $0.sequence <= through }
            guard let newest = done.last?.position else { return nil }
            state.positions.removeFirst(done.count)
            state.last = newest
            guard !state.isTelling else {
                state.next = newest
                return nil
            }
            state.isTelling = true
            return newest
        }
    }

    /// Notes that a position was told; returns the next one to tell, if there is one by now.
    func told() -> StreamPosition? {
        state.withLock { state in
            let next = state.next
            state.next = nil
            state.isTelling = next != nil
            return next
        }
    }
}
