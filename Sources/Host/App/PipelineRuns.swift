import HostCore
import Synchronization

/// The pipelines at work; a reload starts and stops some while the others go on.
final class PipelineRuns: Sendable {
    private let runs = Mutex<[PipelineRun]>([])

    /// All of them, in the order they were started.
    var all: [PipelineRun] { runs.withLock { $0 } }

    /// The counters of all.
    var snapshots: [FlowSnapshot] { all.map(\.composed.pipeline.snapshot) }

    /// How new what each has is; of one that has ended nothing new is expected.
    func freshness(_ latest: LatestValues, since began: Int64, now: Int64) -> [Freshness] {
        all.map { run in
            Freshness(
                run.composed.pipeline.plan, latest, isRunning: run.phase == .running, began: began, now: now,
                hours: VenueHours.shared.finder)
        }
    }

    /// Returns the one of that id.
    subscript(id: String) -> PipelineRun? { all.first { $0.id == id } }

    /// Starts a pipeline; it takes the place of the one of that id, which has been stopped.
    func start(_ run: PipelineRun) {
        runs.withLock { runs in
            if let place = runs.firstIndex(where: { $0.id == run.id }) {
                runs[place] = run
            } else {
                runs.append(run)
            }
        }
        run.start()
    }

    /// Forgets the one of that id.
    func remove(_ id: String) { runs.withLock { $0.removeAll { $0.id == id } } }

    /// Returns when every one has ended, with the first fault.
    func value() async -> HostError? {
        var first: HostError?
        for run in all {
            let fault = await run.value()
            first = first ?? fault
        }
        return first
    }

    /// Stops all side by side, each within the grace.
    func stop(grace: Duration) async {
        await withTaskGroup(of: Void.self) { group in
            for run in all { group.addTask { await run.stop(grace: grace) } }
        }
    }
}
