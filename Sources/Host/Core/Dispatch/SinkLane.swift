package import PluginKit

/// How a sink instance hangs on a pipeline.
package struct SinkPlan: Sendable {
    /// The instance's id in the manifest.
    package let id: String
    /// The sink.
    package let sink: any Sink
    /// The kinds of record it is given.
    package let records: Set<RecordKind>
    /// Batches its queue holds.
    package let capacity: Int
    /// What its queue does when full.
    package let policy: QueuePolicy
    /// Digest of everything that decides what it is given; names its watermark.
    package let digest: String
    /// Whether it holds nothing of earlier runs: then its watermark means nothing.
    package let isEmpty: Bool

    /// Creates a plan.
    package init(
        id: String, sink: any Sink, records: Set<RecordKind>, capacity: Int, policy: QueuePolicy, digest: String,
        isEmpty: Bool = false
    ) {
        self.id = id
        self.sink = sink
        self.records = records
        self.capacity = capacity
        self.policy = policy
        self.digest = digest
        self.isEmpty = isEmpty
    }
}

/// What one delivery means for one sink.
struct SinkItem: Sendable {
    let sequence: UInt64
    let partition: Int
    let batches: [RecordBatch]
    let rows: Int
}

/// The queue before one sink, and what is durable behind it since an earlier run.
final class SinkLane: Sendable {
    let plan: SinkPlan
    let index: Int
    let queue: BoundedQueue<SinkItem>
    private let counters: FlowCounters
    /// Last durable event time by instrument number; `Int64.min` for none.
    private let durable: [Int64]
    private let newestDurable: Int64

    init(plan: SinkPlan, index: Int, durable: [Int64], counters: FlowCounters) {
        self.plan = plan
        self.index = index
        self.durable = durable
        self.counters = counters
        newestDurable = durable.max() ?? .min
        queue = BoundedQueue(capacity: plan.capacity, policy: plan.policy)
    }

    /// Offers a partition's output to the sink; suspends under `.block` while the queue is full.
    func offer(_ output: PartitionOutput, sequence: UInt64, partition: Int, header: RecordHeader) async {
        let (batches, held) = records(of: output, header.with(sequence: sequence))
        let rows = batches.reduce(0) { $0 + $1.count }
        counters.update(sink: index) { sink in
            sink.offered += rows
            sink.waiting += rows
            sink.alreadyDurable += held
        }
        // An item without rows only says how far the pipeline is: it must not push rows out of a queue that drops.
        if rows == 0, plan.policy != .block, queue.count > 0 { return }
        let item = SinkItem(sequence: sequence, partition: partition, batches: batches, rows: rows)
        switch await queue.push(item) {
        case .queued: break
        case .droppedOldest(let oldest): drop(oldest.rows, "queue_full_oldest")
        case .droppedNewest: drop(rows, "queue_full_newest")
        case .closed: drop(rows, "stopped")
        }
    }

    /// Counts rows that will never reach the sink.
    func drop(_ rows: Int, _ reason: String) {
        guard rows > 0 else { return }
        counters.update(sink: index) { sink in
            sink.waiting -= rows
            sink.dropped[reason, default: 0] += rows
        }
    }

    /// Counts what the sink did with rows.
    func finish(delivered: Int, refused: [WriteReceipt.Rejection]) {
        counters.update(sink: index) { sink in
            sink.waiting -= delivered + refused.count
            sink.delivered += delivered
            for rejection in refused { sink.refused[rejection.reason, default: 0] += 1 }
        }
    }

    private func records(of output: PartitionOutput, _ header: RecordHeader) -> (batches: [RecordBatch], held: Int) {
        var batches: [RecordBatch] = []
        var held = 0
        for batch in output.records(plan.records, header) {
            guard newestDurable > .min, let times = batch.eventTimes else {
                batches.append(batch)
                continue
            }
            let fresh = times.indices.filter { times[$0].time > durableTime(times[$0].instrument) }
            held += times.count - fresh.count
            if fresh.count == times.count {
                batches.append(batch)
            } else if !fresh.isEmpty {
                batches.append(batch.selecting(fresh))
            }
        }
        return (batches, held)
    }

    private func durableTime(_ instrument: InstrumentID?) -> Int64 {
        guard let instrument else { return newestDurable }
        let index = Int(instrument.rawValue)
        return index < durable.count ? durable[index] : .min
    }
}
