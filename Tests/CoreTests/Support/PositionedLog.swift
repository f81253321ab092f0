import PluginKit

@testable import HostCore

/// Pushes deliveries after a position, and notes where it was asked to go on.
final class PositionedLog: Provider {
    static let descriptor = PluginDescriptor(
        kind: .provider, name: "log", summary: "A log with positions.", schema: ConfigurationSchema([]),
        provider: ProviderCapabilities(fetches: [], streams: [.bar], isReplay: true, needsNetwork: false))

    let deliveries: [Delivery]
    let knowsPositions: Bool
    let asked = Guarded<[String?]>([])

    init(_ deliveries: [Delivery], knowsPositions: Bool = true) {
        (self.deliveries, self.knowsPositions) = (deliveries, knowsPositions)
    }

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        throw PluginError(.unsupported, "provider/log: is for tests.")
    }

    func stream(_ subscription: Subscription, into receiver: any EventReceiver) async throws(PluginError) {
        let after = subscription.resumeAfter?.text
        asked.change { $0.append(after) }
        if after != nil, !knowsPositions { throw PluginError(.badRequest, "provider/log: no such position.") }
        let start = deliveries.firstIndex { $0.position.text == after }.map { $0 + 1 } ?? 0
        for delivery in deliveries[start...] { try await receiver.receive(delivery) }
    }
}
