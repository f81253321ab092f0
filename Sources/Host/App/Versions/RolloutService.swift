import HostCore
import HostTraining
import PluginKit
import ServiceLifecycle

/// Lets each model with a `promotion` be judged once a second while outcomes come, and when a version was fitted beside the stream.
struct RolloutService: Service {
    private static let interval = Duration.seconds(1)
    /// Looks after the last outcome was counted: it is stored a moment later.
    private static let looksAfter = 5

    let host: Host

    /// A model of a pipeline, with what was last known of it.
    private struct Place {
        var rollout: Rollout
        let serving: ServingModel
        var outcomes = -1
        var versions = 0
        var looks = 0
        var told = ""
    }

    /// Runs until it is its turn to stop: a service that ends before that counts as failed.
    func run() async throws {
        var places: [String: Place] = [:]
        repeat {
            for run in host.runs.all where run.phase == .running { await look(run, &places) }
        } while await !host.isStopping.wait(atMost: Self.interval, clock: ContinuousClock()) && !Task.isCancelled
        try? await gracefulShutdown()
    }

    private func look(_ run: PipelineRun, _ places: inout [String: Place]) async {
        let composed = run.composed
        let counts = composed.pipeline.snapshot.models
        for (plan, serving) in composed.training where plan.promotion != nil {
            let name = "\(run.id)/\(plan.id)"
            if places[name]?.serving !== serving {
                places[name] = Rollout(plan, in: run.id, host.versions, host.state.database).map {
                    Place(rollout: $0, serving: serving)
                }
            }
            let outcomes = counts.first { $0.id == plan.id }?.outcomes ?? 0
            guard var place = places[name] else { continue }
            let versions = host.fits.versions
            place.looks = place.outcomes == outcomes && place.versions == versions ? place.looks + 1 : 0
            (place.outcomes, place.versions) = (outcomes, versions)
            defer { places[name] = place }
            guard place.looks < Self.looksAfter else { continue }
            do throws(PluginError) {
                for change in try await place.rollout.step() { host.report(.notice(change)) }
                place.told = ""
            } catch {
                if error.message != place.told, error.code != .cancelled { host.report(.warning(error.message)) }
                place.told = error.message
            }
        }
    }
}
