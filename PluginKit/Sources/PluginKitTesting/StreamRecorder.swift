import PluginKit
import Synchronization

/// Takes what a provider pushes, and ends the stream after some deliveries in one of two ways.
final class StreamRecorder: EventReceiver {
    /// How a stream is ended.
    enum Ending: Sendable {
        /// It ends by itself.
        case none
        /// The task is cancelled during a delivery.
        case cancel(after: Int, StopButton)
        /// `receive` throws `.cancelled`.
        case refuse(after: Int)
    }

    private struct State {
        var deliveries: [Delivery] = []
        var isReceiving = false
        var overlaps = 0
    }

    private let state = Mutex(State())
    private let ending: Ending

    init(_ ending: Ending = .none) { self.ending = ending }

    var deliveries: [Delivery] { state.withLock { $0.deliveries } }
    /// How often a delivery came while another was not taken yet.
    var overlaps: Int { state.withLock { $0.overlaps } }
    /// Everything pushed that is of a kind.
    func events<Event: MarketEvent>(_ type: Event.Type) -> [Event] {
        deliveries.flatMap { Event.events(of: $0.batch) ?? [] }
    }
    var defects: [Defect] { deliveries.flatMap(\.defects) }

    func receive(_ delivery: Delivery) async throws(PluginError) {
        let count = state.withLock { state in
            if state.isReceiving { state.overlaps += 1 }
            state.isReceiving = true
            state.deliveries.append(delivery)
            return state.deliveries.count
        }
        await Task.yield()
        state.withLock { $0.isReceiving = false }
        switch ending {
        case .none: return
        case .cancel(let place, let button): if count == place { button.press() }
        case .refuse(let place):
            if count >= place { throw PluginError(.cancelled, "conformance: the stream is to end.") }
        }
    }
}
