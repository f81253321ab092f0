import PluginKit
import Synchronization

/// What a sink's watermark and acknowledgements must not pass: rows that were given up before.
final class DeliveryHold: Sendable {
    private struct State {
        /// By partition, the first delivery of which rows were given up.
        var deliveries: [Int: UInt64] = [:]
        /// By instrument, how far its watermark may go: up to the first row that was given up.
        var limits: [RecordStream: EventMarks] = [:]
        var isEverything = false
        /// Whether revisions were given up.
        var areRevisions = false
    }

    private let state = Mutex(State())

    /// Holds a partition's acknowledgements, and the watermarks of the instruments of rows that were given up.
    func hold(_ rows: RecordBatch, partition: Int) {
        // What belongs to no delivery holds none.
        guard let times = rows.content.rows.eventTimes else { return }
        let stream = rows.stream
        state.withLock { state in
            state.deliveries[partition] = min(state.deliveries[partition] ?? .max, rows.sequence)
            for (row, (time, instrument)) in times.enumerated() {
                guard let instrument else {
                    state.isEverything = true
                    continue
                }
                let limit = EventMark(time: time, count: rows.places.isEmpty ? 0 : rows.places[row])
                let known = state.limits[stream]?[instrument]
                state.limits[stream, default: [:]][instrument] = min(known ?? limit, limit)
            }
        }
    }

    /// Holds what of an item was given up. Revisions belong to no delivery: the next run finds them in the store.
    func hold(_ rows: RecordBatch, of item: SinkItem) {
        guard item.revisedAt == nil else { return state.withLock { $0.areRevisions = true } }
        hold(rows, partition: item.partition)
    }

    /// Holds everything: what was given up is not known.
    func holdAll() { state.withLock { $0.isEverything = true } }

    /// Whether anything was given up.
    var isHolding: Bool { state.withLock { $0.isEverything || $0.areRevisions || !$0.deliveries.isEmpty } }

    /// Whether a delivery may be acknowledged.
    func allows(_ sequence: UInt64, of partition: Int) -> Bool {
        state.withLock { !$0.isEverything && sequence < $0.deliveries[partition] ?? .max }
    }

    /// Moves marks to where the rows of an item that is durable let them move.
    func raise(_ marks: inout SinkEnvironment.Marks, by item: SinkItem) {
        guard let revisedAt = item.revisedAt else {
            for batch in item.batches { raise(&marks[batch.stream, default: [:]], by: batch) }
            return
        }
        guard !state.withLock({ $0.isEverything || $0.areRevisions }) else { return }
        for batch in item.batches {
            let stream = RecordStream(batch.kind, isRevised: true)
            for case (_, let instrument?) in batch.content.rows.eventTimes ?? [] {
                marks[stream, default: [:]][instrument] = EventMark(time: revisedAt)
            }
        }
    }

    /// Moves the mark of each instrument of rows to where its watermark may move.
    func raise(_ marks: inout EventMarks, by rows: RecordBatch) {
        let limits = state.withLock { $0.isEverything ? nil : $0.limits[rows.stream] ?? [:] }
        guard let limits else { return }
        let places = rows.places
        for (row, (time, instrument)) in (rows.content.rows.eventTimes ?? []).enumerated() {
            guard let instrument else { continue }
            let mark = EventMark(behind: places.isEmpty ? 0 : places[row], at: time)
            if !limits.isEmpty, let limit = limits[instrument], mark > limit { continue }
            // Read and set: a default would be a closure, and an allocation, for each row.
            if let known = marks[instrument], known >= mark { continue }
            marks[instrument] = mark
        }
    }
}
