import HostCore
import PluginKit
import Synchronization

/// Stores in memory that answer as a test says.
final class MemoryStores: EventStore, QuarantineStore, WatermarkStore {
    typealias Answer = @Sendable (_ call: Int) async throws(PluginError) -> Void

    private struct State {
        var calls: [String: Int] = [:]
        var bars: [Bar] = []
        var sources: [(bar: Bar, source: Provenance)] = []
        var groups: [Int] = []
        var positions: [String: StreamMark] = [:]
        var refused: [QuarantinedRow] = []
        var marks: [WatermarkKey: [Instrument: Int64]] = [:]
    }

    private let state = Mutex(State())
    private let onStore: Answer
    private let onQuarantine: Answer
    private let onAdvance: Answer
    /// The event time of the bars that cannot be stored.
    private let lostTime: Int64?

    init(
        store: @escaping Answer = { _ in }, quarantine: @escaping Answer = { _ in },
        advance: @escaping Answer = { _ in }, losing lostTime: Int64? = nil
    ) {
        self.lostTime = lostTime
        onStore = store
        onQuarantine = quarantine
        onAdvance = advance
    }

    var bars: [Bar] { state.withLock { $0.bars } }
    var refused: [QuarantinedRow] { state.withLock { $0.refused } }

    /// Watermarks of a sink of the rig's pipeline, by canonical name.
    func marks(_ sink: String) -> [String: Int64] {
        state.withLock { state in
            var named: [String: Int64] = [:]
            for (instrument, time) in state.marks[Rig.key(sink)] ?? [:] { named[instrument.description] = time }
            return named
        }
    }

    func store(_ entries: [StoreEntry]) async throws(PluginError) {
        try await onStore(call("store"))
        for case .bars(let bars) in entries.map(\.events) where bars.contains(where: { $0.time == lostTime }) {
            throw PluginError(.corrupted, "state: damaged.")
        }
        state.withLock { state in
            state.groups.append(entries.count)
            for entry in entries {
                guard case .bars(let bars) = entry.events else { continue }
                state.bars += bars
                for bar in bars { state.sources.append((bar, entry.provenance)) }
            }
        }
    }

    /// How many deliveries each call was given.
    var groups: [Int] { state.withLock { $0.groups } }

    func events<Event: MarketEvent>(
        _ type: Event.Type, _ query: EventQuery
    ) async throws(PluginError) -> [StoredEvent<Event>] {
        // Instruments of a rig are interned in the order of their names: I0, I1, ...
        let number = UInt32(query.instrument.code.dropFirst())
        return state.withLock { state in
            let found = state.sources.filter {
                $0.bar.instrument.rawValue == number && query.range.contains($0.bar.time)
            }
            return (query.isFromStart ? found.prefix(query.limit) : found.suffix(query.limit)).compactMap { stored in
                (stored.bar as? Event).map {
                    StoredEvent(event: $0, provenance: stored.source, version: 1, knownAt: $0.time, storedAt: 0)
                }
            }
        }
    }

    func quarantine(_ rows: [QuarantinedRow]) async throws(PluginError) {
        try await onQuarantine(call("quarantine"))
        state.withLock { $0.refused += rows }
    }

    func instruments(pipeline: String) async throws(PluginError) -> Set<String> {
        Set(refused.filter { $0.pipeline == pipeline }.compactMap(\.instrument))
    }

    func quarantined(limit: Int) async throws(PluginError) -> [QuarantinedRow] { refused }

    func watermarks(_ key: WatermarkKey) async throws(PluginError) -> [Instrument: Int64] {
        state.withLock { $0.marks[key] ?? [:] }
    }

    func advance(_ marks: [WatermarkKey: [Instrument: Int64]]) async throws(PluginError) {
        try await onAdvance(call("advance"))
        state.withLock { state in
            for (key, times) in marks { state.marks[key, default: [:]].merge(times) { max($0, $1) } }
        }
    }

    func position(of pipeline: String) async throws(PluginError) -> StreamMark? {
        state.withLock { $0.positions[pipeline] }
    }

    func keep(_ mark: StreamMark?, of pipeline: String) async throws(PluginError) {
        state.withLock { $0.positions[pipeline] = mark }
    }

    private func call(_ name: String) -> Int {
        state.withLock { state in
            state.calls[name, default: 0] += 1
            return state.calls[name] ?? 0
        }
    }
}
