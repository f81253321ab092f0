package import PluginKit

/// What a full queue does with the next batch.
package enum FullQueuePolicy: String, Sendable, CaseIterable {
    /// Makes the pipeline wait.
    case block
    /// Gives up the oldest batch that waits.
    case dropOldest = "drop_oldest"
    /// Gives up the batch that arrives.
    case dropNewest = "drop_newest"
    /// Keeps it on disk until there is room.
    case spill
}

/// The queue before a sink.
package struct QueueDeclaration: Sendable, Hashable {
    /// How many batches may wait, 1...1000000.
    package let capacity: Int
    /// What happens to the next one.
    package let full: FullQueuePolicy
    /// Most bytes that wait on disk under `spill`.
    package let spillBytes: Int

    /// Creates a queue.
    package init(capacity: Int, full: FullQueuePolicy, spillBytes: Int) {
        self.capacity = capacity
        self.full = full
        self.spillBytes = spillBytes
    }
}

/// One declared sink.
package struct SinkDeclaration: Sendable {
    /// What every instance has.
    package let instance: InstanceDeclaration
    /// The kinds of record it is given; a subset of what the plugin accepts.
    package let records: Set<RecordKind>
    /// Its queue.
    package let queue: QueueDeclaration
    /// Whether it is given only what is new from the moment it first appears.
    package let startsNow: Bool

    /// Whether what it is given reaches nobody but clients of this host's gateway.
    package var reachesClientsOnly: Bool { instance.descriptor.id == "sink/websocket" }
}
