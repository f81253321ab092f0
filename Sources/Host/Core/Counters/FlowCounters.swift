import PluginKit
import Synchronization

/// The counters of one pipeline; stages add once a batch.
///
/// A model or sink that a reload adds gets counters of its own; those of one that a reload takes out stay, so every sum
/// still holds.
package final class FlowCounters: Sendable {
    private let state: Mutex<FlowSnapshot>

    /// Creates counters at zero for the inputs, models and sinks of a pipeline.
    package init(pipeline: String, inputs: [InputPlan] = [], models: [String], sinks: [String]) {
        var snapshot = FlowSnapshot(pipeline: pipeline)
        let counted = inputs.map { input in
            var counted = FlowSnapshot.Input(name: input.name)
            counted.isShaped = input.shape != nil
            counted.isSectioned = input.section != nil
            return counted
        }
        snapshot.driving = counted.first ?? FlowSnapshot.Input()
        snapshot.sides = Array(counted.dropFirst())
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
                if snapshot.rows > 0 { model.notPredicted[Self.elsewhere, default: 0] = snapshot.rows }
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

    /// Notes events that took the place of others in the store; returns whether they are the first.
    func revised(_ count: Int) -> Bool {
        state.withLock { snapshot in
            defer { snapshot.revised += count }
            return snapshot.revised == 0
        }
    }

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
