import HostCore
import PluginKit
import Synchronization

/// Stores in memory that answer as a test says.
final class MemoryStores: EventStore, QuarantineStore, WatermarkStore {
    typealias Answer = @Sendable (_ call: Int) async throws(PluginError) -> Void

    fileprivate struct State {
        var calls: [String: Int] = [:]
        var bars: [Bar] = []
        var sources: [(scope: String, bar: Bar, source: Provenance)] = []
        /// Everything but bars, which have versions.
        var others: [StoreEntry] = []
        var groups: [Int] = []
        var revisions: [Revision] = []
        var storedAt: Int64 = 200 * 365 * day
        var positions: [String: StreamMark] = [:]
        var refused: [QuarantinedRow] = []
        var marks: [WatermarkKey: [Instrument: EventMark]] = [:]
        var predictions: [KeptPrediction] = []
        var learned: [LearnedState] = []
        var indicators: [(scope: String, state: IndicatorState)] = []
        /// Event times of the states that were asked for and found.
        var resumed: [Int64] = []
        /// Events that were read.
        var read = 0
        /// Times that events were asked for.
        var asked = 0
    }

    fileprivate let state = Mutex(State())
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

    /// Where a stored bar came from.
    func provenance(_ instrument: InstrumentID, at time: Int64) -> Provenance? {
        state.withLock { $0.sources.last { $0.bar.instrument == instrument && $0.bar.time == time }?.source }
    }

    /// Watermarks of a sink of the rig's pipeline, by canonical name.
    func marks(_ sink: String) -> [String: Int64] {
        state.withLock { state in
            var named: [String: Int64] = [:]
            for (instrument, mark) in state.marks[Rig.key(sink)] ?? [:] { named[instrument.description] = mark.time }
            return named
        }
    }

    func store(_ entries: [StoreEntry]) async throws(PluginError) -> [Revision] {
        try await onStore(call("store"))
        for case .bars(let bars) in entries.map(\.events) where bars.contains(where: { $0.time == lostTime }) {
            throw PluginError(.corrupted, "state: damaged.")
        }
        return state.withLock { state in
            state.groups.append(entries.count)
            var revised: [Revision] = []
            for entry in entries {
                Self.keep(entry, &state)
                state.indicators += entry.states.map { (entry.pipeline, $0) }
                guard case .bars(let bars) = entry.events else {
                    state.others.append(entry)
                    continue
                }
                state.bars += bars
                for bar in bars {
                    let place = state.sources.firstIndex {
                        ($0.scope, $0.bar.time, $0.bar.instrument) == (entry.pipeline, bar.time, bar.instrument)
                    }
                    let isNew = place.map { state.sources[$0].bar.close != bar.close } ?? entry.isCorrection
                    if let place {
                        state.sources[place].bar = bar
                    } else {
                        state.sources.append((entry.pipeline, bar, entry.provenance))
                    }
                    guard isNew else { continue }
                    state.storedAt += 1
                    revised.append(
                        Revision(
                            pipeline: entry.pipeline, timeframe: entry.timeframe, provenance: entry.provenance,
                            events: .bars([bar]), isCorrection: entry.isCorrection, storedAt: state.storedAt))
                }
            }
            state.revisions += revised
            return revised
        }
    }

    func revisions(
        _ kind: EventKind, of pipeline: String, timeframe: Timeframe, after storedAt: Int64
    ) async throws(PluginError) -> [Revision] {
        state.withLock { $0.revisions.filter { $0.storedAt > storedAt } }
    }

    func indicatorStates(
        _ kind: EventKind, each queries: [EventQuery], plan: String
    ) async throws(PluginError) -> [IndicatorState?] { queries.map { indicatorState($0, plan) } }

    private func indicatorState(_ query: EventQuery, _ plan: String) -> IndicatorState? {
        let number = UInt32(query.instrument.code.dropFirst())
        return state.withLock { state in
            let found = state.indicators.filter { $0.scope == query.pipeline ?? $0.scope }.map(\.state).filter {
                ($0.instrument.rawValue, $0.plan) == (number, plan) && query.range.contains($0.time)
            }.max { $0.time < $1.time }
            if let found { state.resumed.append(found.time) }
            return found
        }
    }

    /// Event times of the states of indicators that were asked for and found.
    var resumed: [Int64] { state.withLock { $0.resumed } }

    /// States of indicators that are kept.
    var indicatorStates: [IndicatorState] { state.withLock { $0.indicators.map(\.state) } }

    /// Puts other bytes in the place of kept states.
    func damageStates() {
        state.withLock { state in
            state.indicators = state.indicators.map { scope, state in
                let damaged = IndicatorState(
                    instrument: state.instrument, time: state.time, plan: state.plan, bytes: [1, 2, 3])
                return (scope, damaged)
            }
        }
    }

    /// Events that were read of the store.
    var read: Int { state.withLock { $0.read } }

    /// Times that events were asked for, of however many instruments.
    var asked: Int { state.withLock { $0.asked } }

    /// How many deliveries each call was given.
    var groups: [Int] { state.withLock { $0.groups } }

    func events<Event: MarketEvent>(
        _ type: Event.Type, _ query: EventQuery
    ) async throws(PluginError) -> [StoredEvent<Event>] { try await events(type, each: [query])[0] }

    func events<Event: MarketEvent>(
        _ type: Event.Type, each queries: [EventQuery]
    ) async throws(PluginError) -> [[StoredEvent<Event>]] {
        if !queries.isEmpty { state.withLock { $0.asked += 1 } }
        return queries.map { found(type, $0) }
    }

    private func found<Event: MarketEvent>(_ type: Event.Type, _ query: EventQuery) -> [StoredEvent<Event>] {
        // Instruments of a rig are interned in the order of their names: I0, I1, ...
        let number = UInt32(query.instrument.code.dropFirst())
        let (sources, others) = state.withLock { ($0.sources, $0.others) }
        let bars = sources.map {
            StoreEntry(pipeline: $0.scope, timeframe: daily, provenance: $0.source, events: .bars([$0.bar]))
        }
        var found: [StoredEvent<Event>] = []
        for entry in bars + others where entry.pipeline == query.pipeline ?? entry.pipeline {
            for (index, event) in (Event.events(of: entry.events) ?? []).enumerated()
            where event.instrument.rawValue == number && query.range.contains(event.time) {
                found.append(
                    StoredEvent(
                        event: event, provenance: entry.provenance, version: 1,
                        knownAt: entry.arrival ?? event.time, storedAt: 0,
                        place: entry.places.isEmpty ? 0 : entry.places[index]))
            }
        }
        found = found.enumerated().sorted { ($0.element.event.time, $0.offset) < ($1.element.event.time, $1.offset) }
            .map(\.element)
        let answer = Array(query.isFromStart ? found.prefix(query.limit) : found.suffix(query.limit))
        state.withLock { $0.read += answer.count }
        return answer
    }

    /// Stored events of a kind that is not bars, by what they are stored under.
    func stored<Event: MarketEvent>(_ type: Event.Type, under scope: String) -> [Event] {
        state.withLock { $0.others }.filter { $0.pipeline == scope }.flatMap { Event.events(of: $0.events) ?? [] }
    }

    func quarantine(_ rows: [QuarantinedRow]) async throws(PluginError) {
        try await onQuarantine(call("quarantine"))
        state.withLock { $0.refused += rows }
    }

    func instruments(pipeline: String) async throws(PluginError) -> Set<String> {
        Set(refused.filter { $0.pipeline == pipeline }.compactMap(\.instrument))
    }

    func quarantined(limit: Int) async throws(PluginError) -> [QuarantinedRow] { refused }

    func watermarks(_ key: WatermarkKey) async throws(PluginError) -> [Instrument: EventMark] {
        state.withLock { $0.marks[key] ?? [:] }
    }

    func advance(_ marks: [WatermarkKey: [Instrument: EventMark]]) async throws(PluginError) {
        try await onAdvance(call("advance"))
        state.withLock { state in
            for (key, reached) in marks { state.marks[key, default: [:]].merge(reached) { max($0, $1) } }
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

extension MemoryStores: OutcomeStore {
    /// What the predictions of a model became, as they are kept.
    func kept(_ model: String) -> [KeptPrediction] { state.withLock { $0.predictions.filter { $0.model == model } } }

    /// States that were kept of a model.
    func learned(_ model: String) -> [LearnedState] { state.withLock { $0.learned.filter { $0.model == model } } }

    /// Takes marks back to an event time: as if a run had ended before it could write later ones.
    func forgetMarks(after time: Int64) {
        state.withLock { state in
            for key in state.marks.keys {
                state.marks[key] = state.marks[key]?.mapValues { min($0, EventMark(time: time)) }
            }
        }
    }

    fileprivate static func keep(_ entry: StoreEntry, _ state: inout State) {
        for row in entry.predictions {
            let place = state.predictions.firstIndex {
                ($0.model, $0.instrument, $0.time) == (row.model, row.instrument, row.time)
            }
            guard let place else {
                state.predictions.append(row)
                continue
            }
            guard state.predictions[place].known == nil else { continue }
            (state.predictions[place].known, state.predictions[place].actual) = (row.known, row.actual)
        }
        for own in entry.learned { keep(own, span: LearnedState.span(of: entry.timeframe), &state) }
    }

    /// Keeps a state, and of those before it the ones that storage keeps.
    private static func keep(_ new: LearnedState, span: Int64, _ state: inout State) {
        func isOwn(_ other: LearnedState) -> Bool { (other.model, other.instrument) == (new.model, new.instrument) }
        state.learned.removeAll { isOwn($0) && ($0.fit != new.fit || $0.time == new.time) }
        state.learned.append(new)
        let times = state.learned.filter(isOwn).map(\.time).sorted()
        state.learned.removeAll { old in
            guard isOwn(old), old.number <= new.number - LearnedState.newest else { return false }
            let next = times.first { $0 > old.time } ?? .max
            return old.number <= new.number - LearnedState.oldest || old.time / span == next / span
        }
    }

    private func number(_ key: OutcomeKey) -> UInt32 { UInt32(key.instrument.code.dropFirst()) ?? .max }

    func predictions(
        knownAfter places: [OutcomePlace], before: Int
    ) async throws(PluginError) -> [[KeptPrediction]] {
        places.map { place in
            let own = kept(place.key.model).filter { $0.instrument.rawValue == number(place.key) }
                .sorted { $0.time < $1.time }
            func isOpen(_ prediction: KeptPrediction) -> Bool { prediction.known.map { $0 > place.time } ?? true }
            return own.filter { !isOpen($0) }.suffix(before) + own.filter(isOpen)
        }
    }

    func firstOutcomes(_ keys: [OutcomeKey]) async throws(PluginError) -> [Int64?] {
        keys.map { key in
            kept(key.model).filter { $0.instrument.rawValue == number(key) && $0.actual.isFinite }.compactMap(\.known)
                .min()
        }
    }

    func learned(through places: [OutcomePlace], fit: String) async throws(PluginError) -> [LearnedState?] {
        places.map { place in
            learned(place.key.model)
                .filter { $0.instrument.rawValue == number(place.key) && $0.fit == fit && $0.time <= place.time }
                .max { $0.time < $1.time }
        }
    }

    func outcomes(_ query: OutcomeQuery) async throws(PluginError) -> [StoredOutcome] { [] }
    func predictions(_ query: OutcomeQuery, offset: Int) async throws(PluginError) -> [StoredPrediction] { [] }
}
