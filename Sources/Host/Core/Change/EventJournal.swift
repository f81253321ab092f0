import PluginKit
import Synchronization

/// Events an input accepted while new indicators were warmed up beside it, in order.
final class EventJournal: Sendable {
    private let batches = Mutex<[EventBatch]>([])

    /// How many events wait.
    var count: Int { batches.withLock { $0.reduce(0) { $0 + $1.count } } }

    /// Notes accepted events.
    func append(_ accepted: EventBatch) {
        guard accepted.count > 0 else { return }
        batches.withLock { $0.append(accepted) }
    }

    /// Takes what waits.
    func take() -> [EventBatch] {
        batches.withLock { batches in
            defer { batches = [] }
            return batches
        }
    }
}
