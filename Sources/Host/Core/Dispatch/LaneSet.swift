import PluginKit
import Synchronization

/// The lanes of a running pipeline, each with the task that empties it.
final class LaneSet: Sendable {
    /// A lane at work.
    struct Entry: Sendable {
        let lane: SinkLane
        let task: PluginTask<Void>
    }

    private let entries = Mutex<[Entry]>([])
    private let empty: @Sendable (SinkLane) async -> Void

    /// Creates a set; `empty` runs a lane until nothing comes any more.
    init(empty: @escaping @Sendable (SinkLane) async -> Void) { self.empty = empty }

    /// The lanes at work.
    var all: [Entry] { entries.withLock { $0 } }

    /// Returns the lane of a sink.
    func lane(of sink: String) -> SinkLane? { all.first { $0.lane.plan.id == sink }?.lane }

    /// Begins to empty a lane.
    func start(_ lane: SinkLane) {
        let empty = empty
        let task = PluginTask { await empty(lane) }
        entries.withLock { $0.append(Entry(lane: lane, task: task)) }
    }

    /// Takes a lane out; returns it with its task.
    func remove(_ lane: SinkLane) -> Entry? {
        entries.withLock { entries in
            entries.firstIndex { $0.lane === lane }.map { entries.remove(at: $0) }
        }
    }
}
