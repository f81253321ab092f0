/// What a sink was given and has not made durable yet.
///
/// Batches stay when a flush failed: several pipelines may share the sink, and only one of them is told of it. What the host
/// writes again is known then, and is not kept twice.
public struct KeptBatches<Batch: Hashable & Sendable>: Sendable {
    /// All of them, in the order given.
    public private(set) var waiting: [Batch] = []
    private var known: Set<Batch> = []

    /// Begins with nothing.
    public init() {}

    /// Keeps a batch.
    public mutating func add(_ batch: Batch) {
        if !known.contains(batch) { waiting.append(batch) }
    }

    /// Notes that nothing of it was made durable: the host may write it again.
    public mutating func noteFailure() { known = Set(waiting) }

    /// Lets go of the first ones, which are durable.
    public mutating func confirm(_ count: Int) {
        waiting.removeFirst(min(count, waiting.count))
        known = []
    }
}
