import HostCore
import PluginKit
import Synchronization

/// Tells the user when an instance that worked does not, and when it works again.
///
/// What keeps an instance from starting is told by whoever starts it. Until an instance works again each of its messages
/// is told once, though they may take turns (a sink with three files on a full disk), and what another one says too is not told
/// again (a route that has no answer says why its provider has none).
final class BoardReport: Sendable {
    /// Messages told of an instance until it works again; some have numbers in them.
    private static let limit = 20
    private let report: @Sendable (HostEvent) -> Void
    /// By name of an instance that does not work, what was told of it since it last did.
    private let told = Mutex<[String: Set<String>]>([:])

    init(_ report: @escaping @Sendable (HostEvent) -> Void) { self.report = report }

    /// A message without what is another number each time: how long somebody is left alone, how many there were so far.
    private static func fact(_ message: String) -> String {
        if message.hasSuffix(" so far."), let end = message.dropLast().lastIndex(of: ".") {
            return String(message[...end])
        }
        let parts = message.split(separator: " It is left alone for ", omittingEmptySubsequences: false)
        return parts.dropFirst().reduce(String(parts[0])) { $0 + $1.drop { $0 != "." }.dropFirst() }
    }

    /// Takes a change of the board.
    func take(_ status: InstanceStatus) {
        let name = status.name
        switch status.state {
        case .degraded:
            guard !status.message.isEmpty else { return }
            let fact = Self.fact(status.message)
            let isNews = told.withLock { told in
                let isKnown = told.values.contains { $0.contains(fact) }
                return told[name, default: []].count < Self.limit && told[name, default: []].insert(fact).inserted
                    && !isKnown
            }
            if isNews { report(.warning(status.message)) }
        case .ok:
            if told.withLock({ $0.removeValue(forKey: name) }) != nil { report(.recovered(instance: name)) }
        case .stopped where !status.message.isEmpty:
            report(.warning("\(name): \(status.message)."))
        default: break
        }
    }
}
