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

    /// Finds out through where the sinks have the outcomes of an instrument: one without a mark may have missed the first.
    mutating func findDelivered(of reference: InstrumentReference, _ lanes: [SinkLane]) async throws(PluginError) {
        for lane in lanes where lane.plan.records.contains(.outcomes) {
            for model in models {
                var time = lane.durable.settled(reference.id, in: [RecordStream(.outcomes, model: model.id)]).time
                if time == .min {
                    guard let first = try await store.firstOutcome(key(model, reference)) else { continue }
                    time = first - 1
                }
                delivered[reference.id] = min(delivered[reference.id] ?? .max, time)
            }
        }
    }

    /// Returns the models that never predicted an instrument, though a sink has predictions of them for others: the store has every
    /// prediction with its bar, so there is none that the sink could lack.
    func silentModels(of reference: InstrumentReference, _ lanes: [SinkLane]) async throws(PluginError) -> Set<String> {
        var silent: Set<String> = []
        for model in models {
            let stream = RecordStream(.predictions, model: model.id)
            let isMissing = lanes.contains { lane in
                lane.plan.records.contains(.predictions) && lane.durable.has(stream)
                    && lane.durable.settled(reference.id, in: [stream]).time == .min
            }
            guard isMissing, try await store.predictions(key(model, reference), knownAfter: .min, before: 0).isEmpty
            else { continue }
            silent.insert(model.id)
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
        for reference in plan.instruments {
            starts[reference.id] = through
            if through > .min { try await findOpen(reference, through) }
        }
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
        for reference in plan.instruments {
            guard let last = try await events.lastTime(of: reference.instrument, in: plan, through: through) else {
                continue
            }
            for model in learners {
                let state = try await store.learned(
                    key(model, reference), fit: model.timeline?.fit ?? "", through: through)
                if let state { found.append(state) }
                // One that no fit was for yet has learned nothing.
                let isNew = state == nil && model.timeline?.index(at: last, of: reference.id) == nil
                isWhole = isWhole && (isNew || state?.time == last)
            }
        }
        return (found, found.map(\.time).max(), isWhole)
    }

    /// Reads what there is of an instrument whose bars after an event time are played again.
    mutating func find(_ reference: InstrumentReference, through last: Int64) async throws(PluginError) {
        let through = try await learned(reference, last)
        starts[reference.id] = through
        guard through > .min else { return }
        try await findOpen(reference, through)
    }

    /// Reads the predictions of an instrument that wait after an event time.
    private mutating func findOpen(_ reference: InstrumentReference, _ through: Int64) async throws(PluginError) {
        for model in models where !model.learns {
            let before = model.interval == nil ? 0 : ConformalInterval.depth(horizon: model.measure?.horizon ?? 1)
            var found = try await store.predictions(key(model, reference), knownAfter: through, before: before)
            for version in model.shadows {
                found += try await store.predictions(
                    key(model, reference, shadow: version), knownAfter: through, before: before)
            }
            if !found.isEmpty { kept.append((model.id, reference.id, found)) }
        }
    }

    /// Reads the states of all learners after one and the same bar; returns its event time, or `.min` for the beginning.
    private mutating func learned(_ reference: InstrumentReference, _ last: Int64) async throws(PluginError) -> Int64 {
        let learners = models.filter { $0.learns && $0.timeline != nil }
        guard !learners.isEmpty else { return last }
        var through = last
        while through > .min {
            var found: [LearnedState] = []
            for model in learners {
                let state = try await store.learned(
                    key(model, reference), fit: model.timeline?.fit ?? "", through: through)
                if let state { found.append(state) }
            }
            let oldest = found.count < learners.count ? .min : found.map(\.time).min() ?? .min
            if oldest > .min, found.allSatisfy({ $0.time == oldest }) {
                states += found
                return oldest
            }
            through = oldest
        }
        return .min
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
