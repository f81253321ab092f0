package import PluginKit
import Synchronization

/// The newest bar and predictions of each instrument: what a reader outside the pipeline sees.
///
/// Workers write once a batch, readers copy small values out; nothing waits on I/O under the lock.
package final class LatestValues: Sendable {
    /// The newest bar of an instrument.
    package struct Entry: Sendable {
        /// The bar.
        package var bar: Bar
        /// Close of the bar before; NaN for the first.
        package var previousClose: Double
        /// The provider instance it came from.
        package var source: String
        /// Span of the bar.
        package var timeframe: Timeframe
        /// Grows with each change of this entry.
        package var version: UInt64
    }

    /// The newest prediction of one model for an instrument.
    package struct PredictionEntry: Sendable {
        /// The model instance.
        package var model: String
        /// What is predicted: `return over 1 bar`.
        package var target: String
        /// The prediction.
        package var prediction: Prediction
        /// The pipeline it came from.
        package var pipeline: String
    }

    private struct State {
        var entries: [Entry?] = []
        var predictions: [InstrumentID: [PredictionEntry]] = [:]
        var version: UInt64 = 0
    }

    private let state = Mutex(State())

    /// Creates an empty set.
    package init() {}

    /// Grows with every change; equal versions mean equal answers.
    package var version: UInt64 { state.withLock { $0.version } }

    /// Takes the bars of a batch, in order per instrument; an older bar than the one held changes nothing.
    package func update(bars: [Bar], source: String, timeframe: Timeframe) {
        guard !bars.isEmpty else { return }
        state.withLock { state in
            state.version += 1
            for bar in bars { Self.take(bar, source, timeframe, &state) }
        }
    }

    /// Takes the predictions of a batch, in order per instrument.
    package func update(predictions batch: PredictionBatch, pipeline: String) {
        guard !batch.rows.isEmpty else { return }
        state.withLock { state in
            state.version += 1
            for row in batch.rows { Self.take(row, batch, pipeline, &state) }
        }
    }

    /// Forgets the predictions of a model in a pipeline that does not have it any more.
    package func forget(model: String, pipeline: String) {
        state.withLock { state in
            state.version += 1
            for id in state.predictions.keys {
                state.predictions[id]?.removeAll { $0.model == model && $0.pipeline == pipeline }
            }
        }
    }

    /// Returns the newest bar of an instrument, or `nil` where none came yet.
    package func entry(_ id: InstrumentID) -> Entry? {
        state.withLock { $0.entries.indices.contains(Int(id.rawValue)) ? $0.entries[Int(id.rawValue)] : nil }
    }

    /// Returns the newest predictions for an instrument, one a model.
    package func predictions(_ id: InstrumentID) -> [PredictionEntry] {
        state.withLock { $0.predictions[id] ?? [] }
    }

    /// Returns the instruments that have a bar, in order of their numbers.
    package var instruments: [InstrumentID] {
        state.withLock { state in
            state.entries.indices.filter { state.entries[$0] != nil }.map { InstrumentID(rawValue: UInt32($0)) }
        }
    }

    private static func take(_ bar: Bar, _ source: String, _ timeframe: Timeframe, _ state: inout State) {
        let index = Int(bar.instrument.rawValue)
        while state.entries.count <= index { state.entries.append(nil) }
        guard var entry = state.entries[index] else {
            state.entries[index] = Entry(
                bar: bar, previousClose: .nan, source: source, timeframe: timeframe, version: state.version)
            return
        }
        guard bar.time >= entry.bar.time else { return }
        // A change from one level to another is no movement of the price.
        if bar.time > entry.bar.time { entry.previousClose = bar.flags.contains(.newLevel) ? .nan : entry.bar.close }
        entry.bar = bar
        entry.source = source
        entry.timeframe = timeframe
        entry.version = state.version
        state.entries[index] = entry
    }

    private static func take(
        _ row: Prediction, _ batch: PredictionBatch, _ pipeline: String, _ state: inout State
    ) {
        let entry = PredictionEntry(model: batch.model, target: batch.target, prediction: row, pipeline: pipeline)
        guard let place = state.predictions[row.instrument]?.firstIndex(where: { $0.model == batch.model }) else {
            state.predictions[row.instrument, default: []].append(entry)
            return
        }
        if let held = state.predictions[row.instrument]?[place], held.prediction.time <= row.time {
            state.predictions[row.instrument]?[place] = entry
        }
    }
}
