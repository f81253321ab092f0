import PluginKit
import PredictionTargets

/// What of predictions and of learning an earlier run left in the store, and from where on each instrument is played again so that
/// nothing of it is lost or comes twice.
///
/// Predictions that wait are read: what was said then stands, whatever is fitted now. What a model has learned is read as it was
/// after a bar, and all later bars are played again. Where no such state is kept it is learned again from the beginning, which
/// gives the same.
struct OutcomeResumption: Sendable {
    private let plan: PipelinePlan
    private let models: [ServingModel]
    private let store: any OutcomeStore
    private var kept: [(model: String, instrument: InstrumentID, predictions: [KeptPrediction])] = []
    private var states: [LearnedState] = []
    private var starts: [InstrumentID: Int64] = [:]
    /// The event time through which every sink has the outcomes of an instrument; absent where there are none.
    private(set) var delivered: [InstrumentID: Int64] = [:]

    init?(_ plan: PipelinePlan, _ models: [ServingModel], _ store: (any OutcomeStore)?) {
        guard let store, !models.isEmpty else { return nil }
        self.plan = plan.front
        self.models = models
        self.store = store
    }

    /// The models whose outcomes become known.
    static func models(of plan: PipelinePlan) -> [ServingModel] { plan.models.filter { OutcomeStage($0) != nil } }

    /// Whether a model goes on learning.
    var learns: Bool { models.contains(where: \.learns) }

    /// Event time through which an instrument's bars only warm up, as far as learning decides it.
    func through(_ instrument: InstrumentID) -> Int64 { starts[instrument] ?? .max }

    /// Finds out through where the sinks have the outcomes of each instrument: one without a mark may have missed the first.
    mutating func findDelivered(_ lanes: [SinkLane]) async throws(PluginError) {
        for lane in lanes where lane.plan.records.contains(.outcomes) {
            for model in models {
                let stream = RecordStream(.outcomes, model: model.id)
                func time(_ id: InstrumentID) -> Int64 { lane.durable.settled(id, in: [stream]).time }
                let unmarked = plan.instruments.filter { time($0.id) == .min }
                let first = try await store.firstOutcomes(unmarked.map { key(model, $0) })
                var times = plan.instruments.map { ($0.id, time($0.id)) }.filter { $0.1 > .min }
                times += zip(unmarked, first).compactMap { reference, first in first.map { (reference.id, $0 - 1) } }
                for (id, time) in times { delivered[id] = min(delivered[id] ?? .max, time) }
            }
        }
    }

    /// Returns the models that never predicted an instrument, though a sink has predictions of them for others: the store has every
    /// prediction with its bar, so there is none that the sink could lack.
    func silentModels(_ lanes: [SinkLane]) async throws(PluginError) -> [InstrumentID: Set<String>] {
        var silent: [InstrumentID: Set<String>] = [:]
        for model in models {
            let stream = RecordStream(.predictions, model: model.id)
            let missing = plan.instruments.filter { reference in
                lanes.contains { lane in
                    lane.plan.records.contains(.predictions) && lane.durable.has(stream)
                        && lane.durable.settled(reference.id, in: [stream]).time == .min
                }
            }
            // One is enough to tell.
            let found = try await store.predictions(
                knownAfter: missing.map { OutcomePlace(key(model, $0), at: .max) }, before: 1)
            for (reference, found) in zip(missing, found) where found.isEmpty {
                silent[reference.id, default: []].insert(model.id)
            }
        }
        return silent
    }

    /// Reads what there is of all instruments where rows of a time go out together; returns the event time through which bars only
    /// warm up: that which is given, or an earlier one after which the state of every learner is kept.
    mutating func findTogether(
        through last: Int64, _ events: any EventStore
    ) async throws(PluginError) -> Int64 {
        var through = last
        var tries = 16
        let span = LearnedState.span(of: plan.timeframe)
        while through > .min {
            let (found, newest, isWhole) = try await learned(through, events)
            if isWhole {
                states = found
                break
            }
            tries -= 1
            through = tries == 0 ? .min : Self.before(through, newest, span)
        }
        starts = Dictionary(plan.instruments.map { ($0.id, through) }) { $1 }
        try await findOpen()
        return through
    }

    /// The next earlier time that all states may be kept of: the end of a span, the one that the newest state lies in or the one before.
    private static func before(_ time: Int64, _ newest: Int64?, _ span: Int64) -> Int64 {
        guard let newest else { return .min }
        let (end, overflows) = (newest / span + 1).multipliedReportingOverflow(by: span)
        return !overflows && end - 1 < time ? end - 1 : newest / span * span - 1
    }

    /// Reads the states of all learners after the last bars through an event time; whether each is that of the last bar.
    private func learned(
        _ through: Int64, _ events: any EventStore
    ) async throws(PluginError) -> (found: [LearnedState], newest: Int64?, isWhole: Bool) {
        var found: [LearnedState] = []
        let learners = models.filter { $0.learns && $0.timeline != nil }
        guard !learners.isEmpty else { return ([], nil, true) }
        var isWhole = true
        let last = try await events.lastTimes(of: plan.driving, in: plan, through: through)
        let present = plan.instruments.filter { last[$0.id] != nil }
        for model in learners {
            let states = try await store.learned(
                through: present.map { OutcomePlace(key(model, $0), at: through) }, fit: model.timeline?.fit ?? "")
            for (reference, state) in zip(present, states) {
                if let state { found.append(state) }
                // One that no fit was for yet has learned nothing.
                let time = last[reference.id] ?? .min
                let isNew = state == nil && model.timeline?.index(at: time, of: reference.id) == nil
                isWhole = isWhole && (isNew || state?.time == time)
            }
        }
        return (found, found.map(\.time).max(), isWhole)
    }

    /// Reads what there is of instruments whose bars after an event time are played again.
    mutating func find(through last: [InstrumentID: Int64]) async throws(PluginError) {
        starts = try await learned(last)
        try await findOpen()
    }

    /// Reads the predictions that wait after the event time from which each instrument is played.
    private mutating func findOpen() async throws(PluginError) {
        let played = plan.instruments.filter { starts[$0.id] ?? .min > .min }
        for model in models where !model.learns {
            let before = model.interval == nil ? 0 : ConformalInterval.depth(horizon: model.measure?.horizon ?? 1)
            var found: [[KeptPrediction]] = played.map { _ in [] }
            for version in [0] + model.shadows {
                let places = played.map {
                    OutcomePlace(key(model, $0, shadow: version), at: starts[$0.id] ?? .min)
                }
                let own = try await store.predictions(knownAfter: places, before: before)
                for index in own.indices { found[index] += own[index] }
            }
            for (reference, predictions) in zip(played, found) where !predictions.isEmpty {
                kept.append((model.id, reference.id, predictions))
            }
        }
    }

    /// Reads the states of all learners of an instrument after one and the same bar, not later than a time; returns its event time
    /// for each instrument, or `.min` for the beginning.
    private mutating func learned(_ last: [InstrumentID: Int64]) async throws(PluginError) -> [InstrumentID: Int64] {
        let learners = models.filter { $0.learns && $0.timeline != nil }
        guard !learners.isEmpty else { return last }
        var through = last
        var asked = plan.instruments
        while true {
            asked = asked.filter { through[$0.id] ?? .min > .min }
            guard !asked.isEmpty else { return through }
            var found: [InstrumentID: [LearnedState]] = [:]
            for model in learners {
                let places = asked.map { OutcomePlace(key(model, $0), at: through[$0.id] ?? .min) }
                let states = try await store.learned(through: places, fit: model.timeline?.fit ?? "")
                for (reference, state) in zip(asked, states) {
                    if let state { found[reference.id, default: []].append(state) }
                }
            }
            asked = asked.filter { reference in
                let own = found[reference.id] ?? []
                let oldest = own.count < learners.count ? .min : own.map(\.time).min() ?? .min
                through[reference.id] = oldest
                guard oldest > .min, own.allSatisfy({ $0.time == oldest }) else { return true }
                states += own
                return false
            }
        }
    }

    /// Lets the partitions go on with it, before any bar is played.
    func hand(to receiver: RouteReceiver) async throws(PluginError) {
        for state in states { try await receiver.resume(state) }
        for item in kept { try await receiver.resume(item.predictions, of: item.model, item.instrument) }
    }

    private func key(_ model: ServingModel, _ reference: InstrumentReference, shadow: Int = 0) -> OutcomeKey {
        OutcomeKey(
            pipeline: plan.id, timeframe: plan.timeframe, model: model.id, target: model.target,
            instrument: reference.instrument, shadow: shadow)
    }
}
