import HostCore
import HostManifest
import PluginKit

/// The built plugin instances of a manifest, and what became of those that could not be built.
struct Instances: Sendable {
    /// An instance that is to be stopped in its turn.
    struct Entry: Sendable {
        let kind: ComponentKind
        let id: String
        let stop: @Sendable () async -> Void
    }

    var providers: [String: ProviderSlot] = [:]
    /// Indicators as they are before the first event; each pipeline copies them.
    var indicators: [String: any Indicator] = [:]
    var models: [String: any Model] = [:]
    var sinks: [String: any Sink] = [:]
    /// Sinks that hold nothing of earlier runs, asked before anything was written.
    var emptySinks: Set<String> = []
    /// Instances in the order they were built; stopped in reverse.
    var order: [Entry] = []
    /// The revision an instance came with, by `kind/id`; none for those of the start.
    var generations: [String: Int] = [:]

    /// Takes instances out, as `kind/id`; returns what was built for them, newest first.
    mutating func remove(_ names: Set<String>) -> [Entry] {
        let gone = order.filter { names.contains("\($0.kind.rawValue)/\($0.id)") }
        order.removeAll { names.contains("\($0.kind.rawValue)/\($0.id)") }
        indicators = indicators.filter { !names.contains("indicator/\($0.key)") }
        for entry in gone {
            let id = entry.id
            generations["\(entry.kind.rawValue)/\(id)"] = nil
            switch entry.kind {
            case .provider: providers[id] = nil
            case .model: models[id] = nil
            case .sink:
                sinks[id] = nil
                emptySinks.remove(id)
            case .indicator, .route, .store, .pipeline, .gateway: break
            }
        }
        return gone.reversed()
    }

    /// Takes over what another set has.
    mutating func merge(_ other: Instances, generation: Int) {
        providers.merge(other.providers) { $1 }
        indicators.merge(other.indicators) { $1 }
        models.merge(other.models) { $1 }
        sinks.merge(other.sinks) { $1 }
        emptySinks.formUnion(other.emptySinks)
        order += other.order
        for entry in other.order { generations["\(entry.kind.rawValue)/\(entry.id)"] = generation }
    }

    /// Stops every instance in reverse order, each within `grace`.
    func stop(board: InstanceBoard, grace: Duration, clock: any Clock<Duration>) async {
        for entry in order.reversed() {
            let (kind, id) = (entry.kind, entry.id)
            if board.status(kind, id)?.state != .failed { board.set(kind, id, .draining) }
            let isDone = await Self.finishes(within: grace, clock: clock) { await entry.stop() }
            guard board.status(kind, id)?.state != .failed else { continue }
            board.set(kind, id, .stopped, isDone ? "" : "it did not stop within \(grace.inWords)")
        }
    }

    static func finishes(
        within span: Duration, clock: any Clock<Duration>, _ work: @escaping @Sendable () async -> Void
    ) async -> Bool {
        let done = StopSignal()
        // Not awaited: a plugin that never returns from `stop` must not hold the host; it ends with the process.
        let task = Task {
            await work()
            done.fire()
        }
        let isDone = await done.wait(atMost: span, clock: clock)
        if !isDone { task.cancel() }
        return isDone
    }
}
