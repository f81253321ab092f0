import PluginKit
import Synchronization

/// The counters of one pipeline; stages add once a batch.
package final class FlowCounters: Sendable {
    private struct State {
        var snapshot: FlowSnapshot
        var sealed: Set<Int> = []
    }

    private let state: Mutex<State>

    /// Creates counters at zero for the models and sinks of a pipeline.
    package init(pipeline: String, models: [String], sinks: [String]) {
        var snapshot = FlowSnapshot(pipeline: pipeline)
        snapshot.models = models.map(FlowSnapshot.Model.init(id:))
        snapshot.sinks = sinks.map(FlowSnapshot.Sink.init(id:))
        state = Mutex(State(snapshot: snapshot))
    }

    /// The counters as they are now, consistent with each other.
    package var snapshot: FlowSnapshot { state.withLock { $0.snapshot } }

    /// Changes the counters under the lock; `change` must be short.
    func update(_ change: (inout FlowSnapshot) -> Void) { state.withLock { change(&$0.snapshot) } }

    /// Changes the counters of one sink by its position.
    func update(sink index: Int, _ change: (inout FlowSnapshot.Sink) -> Void) {
        state.withLock { state in
            if !state.sealed.contains(index) { change(&state.snapshot.sinks[index]) }
        }
    }

    /// Counts what waits for a sink as `stopped`, and nothing of that sink after it; returns how many rows that were.
    func seal(sink index: Int) -> Int {
        state.withLock { state in
            state.sealed.insert(index)
            let rows = state.snapshot.sinks[index].waiting
            state.snapshot.sinks[index].waiting = 0
            if rows > 0 { state.snapshot.sinks[index].dropped["stopped", default: 0] += rows }
            return rows
        }
    }
}

/// What one batch did to the counters of a partition; reused, added to `FlowCounters` once a batch.
struct BatchTally {
    var received = 0
    var accepted = 0
    var rejected: [QualityReason: Int] = [:]
    var defects: [String: Int] = [:]
    var predicted: [Int]
    var flagged: [[String: Int]]
    var notPredicted: [[NoPrediction: Int]]
    var alerts: [String: Int] = [:]

    init(models: Int) {
        predicted = Array(repeating: 0, count: models)
        flagged = Array(repeating: [:], count: models)
        notPredicted = Array(repeating: [:], count: models)
    }

    mutating func reset() {
        received = 0
        accepted = 0
        if !rejected.isEmpty { rejected.removeAll(keepingCapacity: true) }
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
        for (reason, count) in rejected { snapshot.rejected[reason.rawValue, default: 0] += count }
        for (reason, count) in defects { snapshot.rejected[reason, default: 0] += count }
        for (rule, count) in alerts { snapshot.alerts[rule, default: 0] += count }
        for model in predicted.indices {
            snapshot.models[model].predicted += predicted[model]
            for (flag, count) in flagged[model] { snapshot.models[model].flagged[flag, default: 0] += count }
            for (reason, count) in notPredicted[model] {
                snapshot.models[model].notPredicted[reason.rawValue, default: 0] += count
            }
        }
    }
}
