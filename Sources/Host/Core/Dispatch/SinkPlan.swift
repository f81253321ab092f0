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
    /// Most bytes that wait on disk under `.spill`.
    package let spillBytes: Int
    /// Digests of what decides what it is given; they name its watermarks.
    package let digests: StreamDigests
    /// Whether it holds nothing of earlier runs: then its watermarks mean nothing.
    package let isEmpty: Bool
    /// Whether it is given only what is new from the moment it first appears.
    package let startsNow: Bool
    /// Tells instances apart: another number, another sink in the same place.
    package let instance: Int

    /// Creates a plan.
    package init(
        id: String, sink: any Sink, records: Set<RecordKind>, capacity: Int, policy: QueuePolicy,
        spillBytes: Int = 1 << 30, digests: StreamDigests, isEmpty: Bool = false, startsNow: Bool = false,
        instance: Int = 0
    ) {
        self.id = id
        self.sink = sink
        self.records = records
        self.capacity = capacity
        self.policy = policy
        self.spillBytes = spillBytes
        self.digests = digests
        self.isEmpty = isEmpty
        self.startsNow = startsNow
        self.instance = instance
    }

    /// Whether the same sink hangs in the same way: then it stays, whatever is computed before it.
    func isSame(as other: SinkPlan) -> Bool {
        id == other.id && instance == other.instance && records == other.records && capacity == other.capacity
            && policy == other.policy && spillBytes == other.spillBytes
    }

    /// The streams with watermarks of some kinds of record, where predictions are those of these models.
    package static func streams(_ records: Set<RecordKind>, models: [String]) -> [RecordStream] {
        RecordKind.allCases.filter(records.contains).flatMap { kind -> [RecordStream] in
            switch kind {
            case .predictions, .outcomes: models.map { RecordStream(kind, model: $0) }
            case .status: []
            default: [RecordStream(kind)]
            }
        }
    }
}

/// What one delivery means for one sink, or what is left of that.
struct SinkItem: Sendable {
    let sequence: UInt64
    let partition: Int
    let batches: [RecordBatch]
    let rows: Int
    /// Whether the delivery is done for this sink once this is; a part that was cut off before the end is not.
    let isLast: Bool
    /// When its rows took the place of others in the store; `nil` for what a delivery gave.
    let revisedAt: Int64?
    /// Where the delivery is followed; what waited on disk is not.
    let trace: DeliveryTrace?

    init(
        sequence: UInt64, partition: Int, batches: [RecordBatch], isLast: Bool = true, revisedAt: Int64? = nil,
        trace: DeliveryTrace? = nil
    ) {
        self.trace = trace
        self.revisedAt = revisedAt
        self.sequence = sequence
        self.partition = partition
        self.batches = batches
        self.isLast = isLast
        rows = batches.reduce(0) { $0 + $1.count }
    }

    /// The same delivery with other batches.
    func with(_ batches: [RecordBatch], isLast: Bool? = nil) -> SinkItem {
        SinkItem(
            sequence: sequence, partition: partition, batches: batches, isLast: isLast ?? self.isLast,
            revisedAt: revisedAt, trace: trace)
    }
}
