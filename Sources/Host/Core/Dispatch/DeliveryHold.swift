import PluginKit
import Synchronization

/// What a sink's watermark and acknowledgements must not pass: rows that were given up before.
final class DeliveryHold: Sendable {
    private struct State {
        /// By partition, the first delivery of which rows were given up.
        var deliveries: [Int: UInt64] = [:]
        /// By instrument, the first event time that was given up.
        var times: [RecordStream: [InstrumentID: Int64]] = [:]
        var isEverything = false
    }

    private let state = Mutex(State())

    /// Holds a partition's acknowledgements, and the watermarks of the instruments of rows that were given up.
    func hold(_ rows: RecordBatch, partition: Int) {
        // What belongs to no delivery holds none.
        guard let times = rows.content.rows.eventTimes else { return }
        let stream = rows.stream
        state.withLock { state in
            state.deliveries[partition] = min(state.deliveries[partition] ?? .max, rows.sequence)
            for (time, instrument) in times {
                guard let instrument else {
                    state.isEverything = true
                    continue
                }
                state.times[stream, default: [:]][instrument, default: .max].lower(to: time)
            }
        }
    }

    /// Holds everything: what was given up is not known.
    func holdAll() { state.withLock { $0.isEverything = true } }

    /// Whether anything was given up.
    var isHolding: Bool { state.withLock { $0.isEverything || !$0.deliveries.isEmpty } }

    /// Whether a delivery may be acknowledged.
    func allows(_ sequence: UInt64, of partition: Int) -> Bool {
        state.withLock { !$0.isEverything && sequence < $0.deliveries[partition] ?? .max }
    }

    /// Moves the last event time of each instrument of rows to where its watermark may move.
    func raise(_ newest: inout [InstrumentID: Int64], by rows: RecordBatch) {
        let held = state.withLock { $0.isEverything ? nil : $0.times[rows.stream] ?? [:] }
        guard let held else { return }
        for (time, instrument) in rows.content.rows.eventTimes ?? [] {
            guard let instrument, held.isEmpty || time < held[instrument] ?? .max else { continue }
            // Read and set: a default would be a closure, and an allocation, for each row.
            newest[instrument] = max(newest[instrument] ?? .min, time)
        }
    }
}

extension Int64 {
    fileprivate mutating func lower(to other: Int64) { self = Swift.min(self, other) }
}
