import PluginKit
import Synchronization

/// Takes what a stream pushes; ends it, by `.cancelled`, once enough events came, or runs to the end of the stream.
final class Pushes: EventReceiver {
    private let state: Mutex<[Delivery]> = Mutex([])
    private let enough: @Sendable ([Delivery]) -> Bool

    /// - Parameter count: events after which the stream is ended.
    init(until count: Int = .max) { enough = { $0.reduce(0) { $0 + $1.batch.count } >= count } }

    /// - Parameter enough: says when the stream is ended.
    init(until enough: @escaping @Sendable ([Delivery]) -> Bool) { self.enough = enough }

    var deliveries: [Delivery] { state.withLock { $0 } }
    var defects: [Defect] { deliveries.flatMap(\.defects) }
    var position: StreamPosition? { deliveries.last?.position }

    func events<Event: MarketEvent>(_ type: Event.Type) -> [Event] {
        deliveries.flatMap { Event.events(of: $0.batch) ?? [] }
    }

    func receive(_ delivery: Delivery) async throws(PluginError) {
        let all = state.withLock { state in
            state.append(delivery)
            return state
        }
        if enough(all) { throw PluginError(.cancelled, "test: enough.") }
    }

    /// Lets a provider stream into this; returns the fault it ended with, `nil` for the end of the source.
    func run(
        _ provider: some Provider, _ kind: EventKind, _ names: [String], timeframe: Timeframe = Timeframe(1, .minute),
        after position: String? = nil, waits: Bool = true
    ) async throws -> PluginError? {
        let subscription = Subscription(
            instruments: try TestInstruments(names).references, kind: kind, timeframe: timeframe,
            resumeAfter: position.map { StreamPosition($0) }, waitsForMore: waits)
        do {
            try await provider.stream(subscription, into: self)
            return nil
        } catch { return error }
    }
}
