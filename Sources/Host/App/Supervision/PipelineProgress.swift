import HostCore

/// Finds pipelines that no longer take what waits before them.
///
/// One is stuck where deliveries wait and none was taken for the limit, while nothing behind it holds it up: rows that wait for
/// a sink, or a store that does not work, are told elsewhere, and a restart mends neither.
struct PipelineProgress {
    private struct Mark {
        var handled: Int
        var since: ContinuousClock.Instant
    }

    private var marks: [String: Mark] = [:]

    /// Returns those of the pipelines that are stuck now.
    ///
    /// - Parameters:
    ///   - snapshots: the counters of all pipelines.
    ///   - isHeld: whether the store of a pipeline does not work.
    ///   - limit: for how long one may take nothing.
    mutating func stuck(
        _ snapshots: [FlowSnapshot], at now: ContinuousClock.Instant, limit: Duration, isHeld: (String) -> Bool
    ) -> [String] {
        var marks: [String: Mark] = [:]
        for snapshot in snapshots {
            let handled = Self.handled(snapshot)
            let before = self.marks[snapshot.pipeline]
            let isIdle =
                snapshot.ingestWaiting == 0 || snapshot.sinks.contains { $0.waiting > 0 } || isHeld(snapshot.pipeline)
            marks[snapshot.pipeline] =
                if let before, before.handled == handled, !isIdle { before } else { Mark(handled: handled, since: now) }
        }
        self.marks = marks
        return marks.filter { $0.value.since.duration(to: now) >= limit }.keys.sorted()
    }

    /// Rows that its workers have judged; it only grows.
    private static func handled(_ snapshot: FlowSnapshot) -> Int {
        ([snapshot.driving] + snapshot.sides).reduce(0) { $0 + $1.accepted + $1.corrections + $1.rejected.total }
    }
}
