import PluginKit
import Synchronization

/// What a sink's watermark and acknowledgements must not pass: rows that were given up before.
///
/// It belongs to the place in the pipeline, not to the sink: one that takes another's place keeps it.
final class DeliveryHold: Sendable {
    private struct State {
        var partitions: Set<Int> = []
        var instruments: Set<InstrumentID> = []
        var isEverything = false
    }

    private let state = Mutex(State())

    /// Holds a partition's acknowledgements, and the watermarks of the instruments of rows that were given up.
    func hold(_ rows: RecordBatch, partition: Int) {
        state.withLock { state in
            state.partitions.insert(partition)
            for (_, instrument) in rows.eventTimes ?? [] {
                if let instrument { state.instruments.insert(instrument) } else { state.isEverything = true }
            }
        }
    }

    /// Holds everything: what was given up is not known.
    func holdAll() { state.withLock { $0.isEverything = true } }

    /// Whether a partition's deliveries may be acknowledged.
    func allows(partition: Int) -> Bool {
        state.withLock { !$0.isEverything && !$0.partitions.contains(partition) }
    }

    /// Returns those event times whose watermark may move.
    func allowed(_ times: [InstrumentID: Int64]) -> [InstrumentID: Int64] {
        state.withLock { state in
            guard !state.isEverything else { return [:] }
            return state.instruments.isEmpty ? times : times.filter { !state.instruments.contains($0.key) }
        }
    }
}
