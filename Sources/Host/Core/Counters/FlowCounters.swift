import PluginKit
import Synchronization

/// The counters of one pipeline; stages add once a batch.
///
/// A model or sink that a reload adds gets counters of its own; those of one that a reload takes out stay, so every sum
/// still holds.
package final class FlowCounters: Sendable {
    private let state: Mutex<FlowSnapshot>

    /// Creates counters at zero for the models and sinks of a pipeline.
    package init(pipeline: String, models: [String], sinks: [String]) {
        var snapshot = FlowSnapshot(pipeline: pipeline)
        snapshot.models = models.map(FlowSnapshot.Model.init(id:))
        snapshot.sinks = sinks.map(FlowSnapshot.Sink.init(id:))
        state = Mutex(snapshot)
    }

    /// The counters as they are now, consistent with each other.
    package var snapshot: FlowSnapshot { state.withLock { $0 } }

    /// Returns the positions of models, adding counters for new ones: what was accepted before they came is theirs too.
    func places(ofModels ids: [String]) -> [Int] {
        state.withLock { snapshot in
            ids.map { id in
                if let place = snapshot.models.firstIndex(where: { $0.id == id }) { return place }
                var model = FlowSnapshot.Model(id: id)
                if snapshot.accepted > 0 { model.notPredicted[Self.elsewhere, default: 0] = snapshot.accepted }
                snapshot.models.append(model)
                return snapshot.models.count - 1
            }
        }
    }

    /// Returns the positions of sinks, adding counters for new ones.
    func places(ofSinks ids: [String]) -> [Int] {
        state.withLock { snapshot in
            ids.map { id in
                if let place = snapshot.sinks.firstIndex(where: { $0.id == id }) { return place }
                snapshot.sinks.append(FlowSnapshot.Sink(id: id))
                return snapshot.sinks.count - 1
            }
        }
    }

    /// Changes the counters under the lock; `change` must be short.
    func update(_ change: (inout FlowSnapshot) -> Void) { state.withLock { change(&$0) } }

    /// Notes how long a call took.
    func measured(_ call: FlowSnapshot.Call, _ span: Duration) {
        state.withLock { $0.calls[call, default: Histogram()].record(span) }
    }

    /// Changes the counters of one sink by its position.
    func update(sink index: Int, _ change: (inout FlowSnapshot.Sink) -> Void) {
        state.withLock { change(&$0.sinks[index]) }
    }

    /// Why a row has no prediction of a model that was not in the pipeline when it came.
    static let elsewhere = "model_not_in_pipeline"
}

/// What one batch did to the counters of a partition; reused, added to `FlowCounters` once a batch.
struct BatchTally {
    var received = 0
    var accepted = 0
    var undecided = 0
    var omitted = 0
    var shares: [InstrumentID: RefusalShare] = [:]
    var rejected: [QualityReason: Int] = [:]
    var doubts: [QualityDoubt: Int] = [:]
    var defects: [String: Int] = [:]
    var predicted: [Int]
    var flagged: [[String: Int]]
    var notPredicted: [[NoPrediction: Int]]
    var alerts: [String: Int] = [:]
    var lastEvent: Int64?
    var spans: [(call: FlowSnapshot.Call, span: Duration)] = []
    /// Where each model's counters stand.
    private let places: [Int]

    init(models places: [Int]) {
        self.places = places
        predicted = Array(repeating: 0, count: places.count)
        flagged = Array(repeating: [:], count: places.count)
        notPredicted = Array(repeating: [:], count: places.count)
    }

    mutating func reset() {
        received = 0
        accepted = 0
        undecided = 0
        omitted = 0
        lastEvent = nil
        spans.removeAll(keepingCapacity: true)
        if !shares.isEmpty { shares = [:] }
        if !rejected.isEmpty { rejected.removeAll(keepingCapacity: true) }
        if !doubts.isEmpty { doubts.removeAll(keepingCapacity: true) }
        if !defects.isEmpty { defects.removeAll(keepingCapacity: true) }
        if !alerts.isEmpty { alerts.removeAll(keepingCapacity: true) }
        for model in predicted.indices {
            predicted[model] = 0
            if !flagged[model].isEmpty { flagged[model].removeAll(keepingCapacity: true) }
            if !notPredicted[model].isEmpty { notPredicted[model].removeAll(keepingCapacity: true) }
        }
    }

    func add(to snapshot: inout FlowSnapshot) {
        snapshot.received += received
        snapshot.accepted += accepted
        for (doubt, count) in doubts { snapshot.doubts[doubt.rawValue, default: 0] += count }
        snapshot.undecided += undecided
        snapshot.omitted += omitted
        if let lastEvent { snapshot.lastEvent = max(snapshot.lastEvent ?? lastEvent, lastEvent) }
        for (call, span) in spans { snapshot.calls[call, default: Histogram()].record(span) }
        for (instrument, share) in shares { snapshot.shares[instrument] = share }
        for (reason, count) in rejected { snapshot.rejected[reason.rawValue, default: 0] += count }
        for (reason, count) in defects { snapshot.rejected[reason, default: 0] += count }
        for (rule, count) in alerts { snapshot.alerts[rule, default: 0] += count }
        for (model, place) in places.enumerated() {
            snapshot.models[place].predicted += predicted[model]
            for (flag, count) in flagged[model] { snapshot.models[place].flagged[flag, default: 0] += count }
            for (reason, count) in notPredicted[model] {
                snapshot.models[place].notPredicted[reason.rawValue, default: 0] += count
            }
        }
        guard snapshot.models.count > places.count, accepted > 0 else { return }
        for place in snapshot.models.indices where !places.contains(place) {
            snapshot.models[place].notPredicted[FlowCounters.elsewhere, default: 0] += accepted
        }
    }
}
