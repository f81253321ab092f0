package import PluginKit
import Synchronization

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
    /// Tells instances apart: another number, another sink in the same place.
    package let instance: Int

    /// Creates a plan.
    package init(
        id: String, sink: any Sink, records: Set<RecordKind>, capacity: Int, policy: QueuePolicy, digest: String,
        isEmpty: Bool = false, instance: Int = 0
    ) {
        self.id = id
        self.sink = sink
        self.records = records
        self.capacity = capacity
        self.policy = policy
        self.digest = digest
        self.isEmpty = isEmpty
        self.instance = instance
    }

    /// Whether the same sink hangs in the same way: then its lane stays, whatever is computed before it.
    func isSame(as other: SinkPlan) -> Bool {
        id == other.id && instance == other.instance && records == other.records && capacity == other.capacity
            && policy == other.policy
    }
}

/// What one delivery means for one sink.
struct SinkItem: Sendable {
    let sequence: UInt64
    let partition: Int
    let batches: [RecordBatch]
    let rows: Int

    /// The same delivery with only what is left of it.
    func rest(_ batches: [RecordBatch]) -> SinkItem {
        SinkItem(
            sequence: sequence, partition: partition, batches: batches, rows: batches.reduce(0) { $0 + $1.count })
    }
}

/// The queue before one sink, and what is durable behind it since an earlier run.
///
/// When a reload puts another sink in its place, a new lane takes over what waits here (`before`) and what was given up
/// (`hold`); this one's runner ends after the batch in its hands.
final class SinkLane: Sendable {
    private struct State {
        var digest: String
        /// Rows of the item the runner works on that are neither delivered nor dropped.
        var inHand = 0
        /// What the runner left when another lane took over; the next lane's runner begins with it.
        var left: SinkItem?
        /// The lane whose place this one took, until nothing waits there any more.
        var before: SinkLane?
        var isAbandoned = false
    }

    let plan: SinkPlan
    /// Position of its counters.
    let index: Int
    let queue: BoundedQueue<SinkItem>
    let hold: DeliveryHold
    /// Thrown when another lane takes over.
    let isHandedOver = StopSignal()
    private let counters: FlowCounters
    private let state: Mutex<State>
    /// Last durable event time by instrument number; `Int64.min` for none.
    private let durable: [Int64]
    private let newestDurable: Int64
    private let late: LateRows

    init(plan: SinkPlan, index: Int, durable: [Int64], late: LateRows, counters: FlowCounters) {
        self.plan = plan
        self.index = index
        self.durable = durable
        self.late = late
        self.counters = counters
        newestDurable = durable.max() ?? .min
        queue = BoundedQueue(capacity: plan.capacity, policy: plan.policy)
        hold = DeliveryHold()
        state = Mutex(State(digest: plan.digest))
    }

    /// Creates the lane of a sink that takes another one's place.
    init(_ plan: SinkPlan, after other: SinkLane) {
        self.plan = plan
        index = other.index
        durable = other.durable
        newestDurable = other.newestDurable
        late = other.late
        counters = other.counters
        queue = BoundedQueue(capacity: plan.capacity, policy: plan.policy)
        hold = other.hold
        state = Mutex(State(digest: plan.digest, before: other))
    }

    /// Digest of everything that decides what the sink is given now; names its watermark.
    var digest: String {
        get { state.withLock { $0.digest } }
        set { state.withLock { $0.digest = newValue } }
    }

    /// Returns what the runner works on next; `nil` once everything is done or another lane takes over.
    func next() async -> SinkItem? {
        guard !isHandedOver.isFired else { return nil }
        if let item = await nextBefore() { return begin(item) }
        guard !isHandedOver.isFired, let item = await queue.pop() else { return nil }
        return begin(item)
    }

    private func begin(_ item: SinkItem) -> SinkItem {
        state.withLock { $0.inHand = item.rows }
        return item
    }

    /// Returns what waits in the lanes before; forgets them when that is nothing.
    private func nextBefore() async -> SinkItem? {
        guard let before = state.withLock({ $0.before }) else { return nil }
        if let item = await before.rest() { return item }
        state.withLock { $0.before = nil }
        return nil
    }

    /// Returns what a runner that has ended left here: what was in its hands is the oldest, then what was before it.
    private func rest() async -> SinkItem? {
        let left = state.withLock { state in
            defer { state.left = nil }
            return state.left
        }
        if let left { return left }
        if let item = await nextBefore() { return item }
        return await queue.pop()
    }

    /// Leaves what is in the runner's hands to the lane that takes over.
    func leave(_ item: SinkItem) {
        state.withLock { state in
            guard !state.isAbandoned else { return }
            state.inHand = 0
            state.left = item
        }
    }

    /// Whether nothing waits, here and in the lanes before.
    var isIdle: Bool {
        let (isClear, before) = state.withLock { ($0.left == nil, $0.before) }
        return isClear && queue.count == 0 && before?.isIdle ?? true
    }

    /// Takes no more rows; the runner still gets those that wait.
    func finish() { queue.finish() }

    /// Counts everything that waits or is being written as dropped, and nothing that the runner does after it.
    func abandon(_ reason: String, includingQueue: Bool) -> Int {
        let inHand = state.withLock { state in
            defer { state.inHand = 0 }
            state.isAbandoned = true
            return state.inHand
        }
        hold.holdAll()
        var rows = inHand
        if includingQueue { rows = counters.snapshot.sinks[index].waiting }
        drop(rows, reason, fromHand: false)
        return rows
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
        case .droppedOldest(let oldest): drop(oldest.rows, "queue_full_oldest", fromHand: false)
        case .droppedNewest: drop(rows, "queue_full_newest", fromHand: false)
        case .closed: drop(rows, "stopped", fromHand: false)
        }
    }

    /// Counts rows that will never reach the sink: of the item in the runner's hands, or of the queue.
    func drop(_ rows: Int, _ reason: String, fromHand: Bool = true) {
        guard rows > 0 else { return }
        change(fromHand ? rows : 0, isOfRunner: fromHand) { sink in
            sink.waiting -= rows
            sink.dropped[reason, default: 0] += rows
        }
    }

    /// Counts what the sink did with rows.
    func finish(delivered: Int, refused: [WriteReceipt.Rejection]) {
        change(delivered + refused.count, isOfRunner: true) { sink in
            sink.waiting -= delivered + refused.count
            sink.delivered += delivered
            for rejection in refused { sink.refused[rejection.reason, default: 0] += 1 }
        }
    }

    private func change(_ inHand: Int, isOfRunner: Bool, _ change: (inout FlowSnapshot.Sink) -> Void) {
        state.withLock { state in
            guard !isOfRunner || !state.isAbandoned else { return }
            state.inHand -= inHand
            counters.update(sink: index, change)
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
            let fresh = times.indices.filter { row in
                times[row].time > durableTime(times[row].instrument)
                    || late.contains(times[row].time, times[row].instrument)
            }
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
