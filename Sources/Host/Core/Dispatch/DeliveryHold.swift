import PluginKit
import Synchronization

/// The furthest mark of each instrument while the rows of a batch are gone through: one look-up in a table of marks an
/// instrument, not a row.
private struct FurthestMarks {
    private var marks: [EventMark] = []
    private var touched = TouchedPlaces()

    mutating func note(_ mark: EventMark, of instrument: InstrumentID) {
        let slot = Int(instrument.rawValue)
        while marks.count <= slot { marks.append(.none) }
        touched.insert(slot)
        marks[slot] = max(marks[slot], mark)
    }

    /// Moves marks to those that were noted, and forgets them.
    mutating func move(to reached: inout EventMarks) {
        for slot in touched.places {
            let (instrument, mark) = (InstrumentID(rawValue: UInt32(slot)), marks[slot])
            marks[slot] = .none
            // Read and set: a default would be a closure, and an allocation.
            if let known = reached[instrument], known >= mark { continue }
            reached[instrument] = mark
        }
        touched.removeAll()
    }
}

/// What a sink's watermark and acknowledgements must not pass: rows that were given up before.
final class DeliveryHold: Sendable {
    private struct State {
        /// By partition, the first delivery of which rows were given up.
        var deliveries: [Int: UInt64] = [:]
        /// By instrument, how far its watermark may go: up to the first row that was given up.
        var limits: [RecordStream: EventMarks] = [:]
        /// The furthest mark of each instrument of a batch.
        var furthest = FurthestMarks()
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
        guard let times = rows.content.rows.eventTimes else { return }
        let places = rows.places
        state.withLock { state in
            guard !state.isEverything else { return }
            let limits = state.limits[rows.stream] ?? [:]
            for (row, (time, instrument)) in times.enumerated() {
                guard let instrument else { continue }
                let mark = EventMark(behind: places.isEmpty ? 0 : places[row], at: time)
                if !limits.isEmpty, let limit = limits[instrument], mark > limit { continue }
                state.furthest.note(mark, of: instrument)
            }
            state.furthest.move(to: &marks)
        }
    }
}
