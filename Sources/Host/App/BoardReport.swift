import HostCore
import PluginKit
import Synchronization

/// Tells the user when an instance that worked does not, and when it works again.
///
/// What keeps an instance from starting is told by whoever starts it.
final class BoardReport: Sendable {
    private let report: @Sendable (HostEvent) -> Void
    private let troubled = Mutex<Set<String>>([])

    init(_ report: @escaping @Sendable (HostEvent) -> Void) { self.report = report }

    /// Takes a change of the board.
    func take(_ status: InstanceStatus) {
        let name = "\(status.kind.rawValue)/\(status.id)"
        switch status.state {
        case .degraded:
            guard !status.message.isEmpty else { return }
            troubled.withLock { _ = $0.insert(name) }
            report(.warning(status.message))
        case .ok:
            if troubled.withLock({ $0.remove(name) }) != nil { report(.recovered(instance: name)) }
        case .stopped where !status.message.isEmpty:
            report(.warning("\(name): \(status.message)."))
        default: break
        }
    }
}
