import PluginKit

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

    /// Reads what there is of an instrument whose bars after an event time are played again.
    mutating func find(_ reference: InstrumentReference, through last: Int64) async throws(PluginError) {
        let through = try await learned(reference, last)
        starts[reference.id] = through
        guard through > .min else { return }
        for model in models where !model.learns {
            let found = try await store.predictions(key(model, reference), knownAfter: through)
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

    private func key(_ model: ServingModel, _ reference: InstrumentReference) -> OutcomeKey {
        OutcomeKey(
            pipeline: plan.id, timeframe: plan.timeframe, model: model.id, target: model.target,
            instrument: reference.instrument)
    }
}
