import PluginKit
import Synchronization

/// Bars a partition accepted while new indicators were warmed up beside it, in order.
final class BarJournal: Sendable {
    private let bars = Mutex<[Bar]>([])

    /// How many bars wait.
    var count: Int { bars.withLock { $0.count } }

    /// Notes accepted bars.
    func append(_ accepted: [Bar]) { bars.withLock { $0 += accepted } }

    /// Takes what waits.
    func take() -> [Bar] {
        bars.withLock { bars in
            defer { bars = [] }
            return bars
        }
    }
}
