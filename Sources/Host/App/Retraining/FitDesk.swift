import PluginKit
import Synchronization

/// Fits that were asked for, in the order they were; the last one of each model and pipeline is remembered.
final class FitDesk: Sendable {
    private let orders = Mutex<[FitReport]>([])
    private let made = Mutex(0)

    /// Versions that were fitted beside streams: there may be one to shadow.
    var versions: Int { made.withLock { $0 } }

    /// Notes that a version was fitted.
    func noteVersion() { made.withLock { $0 += 1 } }

    /// Takes an order. Throws `.badRequest` where the same model waits or is fitted.
    func ask(_ order: FitReport) throws(PluginError) {
        let isOpen = orders.withLock { orders in
            if orders.contains(where: { $0.isOf(order) && !$0.hasEnded }) { return true }
            orders.removeAll { $0.isOf(order) }
            orders.append(order)
            return false
        }
        guard !isOpen else {
            throw PluginError(
                .badRequest,
                "models: model/\(order.model) in pipeline/\(order.pipeline) is being fitted. Wait until that has ended."
            )
        }
    }

    /// Returns the first that waits; it counts as being fitted from now on.
    func next() -> FitReport? {
        orders.withLock { orders in
            guard let place = orders.firstIndex(where: { $0.state == .waiting }) else { return nil }
            orders[place].state = .fitting
            return orders[place]
        }
    }

    /// Notes what became of an order.
    func end(_ order: FitReport) {
        orders.withLock { orders in
            if let place = orders.firstIndex(where: { $0.isOf(order) }) { orders[place] = order }
        }
    }

    /// Returns the last order of a model in a pipeline.
    func report(_ model: String, in pipeline: String) -> FitReport? {
        orders.withLock { $0.last { $0.model == model && $0.pipeline == pipeline } }
    }
}

extension FitReport {
    fileprivate func isOf(_ other: FitReport) -> Bool { model == other.model && pipeline == other.pipeline }
}
