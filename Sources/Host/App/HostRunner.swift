import HostCore
import HostManifest
import PluginKit
import ServiceLifecycle

/// Prepares models, runs every pipeline, stops them in order; one service of the host.
final class HostRunner: Service {
    private let host: Host
    private let isStopping = StopSignal()

    init(host: Host) { self.host = host }

    /// Runs until every stream has ended (`--once`) or a graceful stop; throws the first fault.
    func run() async throws {
        try await withGracefulShutdownHandler {
            try await runPipelines()
        } onGracefulShutdown: {
            self.host.report(.stopping)
            self.isStopping.fire()
        }
    }

    private func runPipelines() async throws {
        let instances = try await host.buildInstances()
        let outcome: HostError?
        do {
            let pipelines = try host.compose(instances)
            outcome = await run(pipelines)
        } catch {
            await stop(instances)
            throw HostError(exitCode: error.exitCode, error.message)
        }
        if outcome == nil, !host.options.isOnce, !isStopping.isFired { await isStopping.wait() }
        await stop(instances)
        if let outcome { throw outcome }
    }

    private func run(_ pipelines: [ComposedPipeline]) async -> HostError? {
        await withTaskGroup(of: HostError?.self) { group in
            let (watch, isDone) = (isStopping, StopSignal())
            group.addTask {
                await self.enforceStop(pipelines.map(\.pipeline), unless: isDone, after: watch)
                return nil
            }
            var faults: [HostError] = []
            await withTaskGroup(of: HostError?.self) { runs in
                for composed in pipelines { runs.addTask { await self.run(composed) } }
                for await fault in runs { if let fault { faults.append(fault) } }
            }
            isDone.fire()
            group.cancelAll()
            await group.waitForAll()
            return faults.first
        }
    }

    /// Prepares and runs one pipeline; a fault ends it alone, and the host where `--once` or the policy says so.
    private func run(_ composed: ComposedPipeline) async -> HostError? {
        let id = composed.pipeline.plan.id
        do {
            try await prepare(composed)
            guard !isStopping.isFired else { return nil }
            host.report(.running(pipeline: id))
            try await composed.pipeline.run()
            if !isStopping.isFired { host.report(.caughtUp(pipeline: id)) }
            return account(for: composed)
        } catch  where error.code == .cancelled {
            return nil
        } catch {
            return fail(composed, error)
        }
    }

    private func fail(_ composed: ComposedPipeline, _ error: PluginError) -> HostError? {
        let policy = host.policy(ofProvider: composed.providerID)
        let mustEnd = policy == .error || (host.options.isOnce && policy != .ignore)
        host.board.set(.provider, composed.providerID, .failed, error.message)
        host.failModels(composed.training, because: "provider/\(composed.providerID) gives no data.")
        if !mustEnd { host.report(.warning(error.message)) }
        host.report(.caughtUp(pipeline: composed.pipeline.plan.id))
        _ = account(for: composed)
        guard mustEnd else { return nil }
        if !host.options.isOnce { isStopping.fire() }
        return HostError(exitCode: error.exitCode, error.message)
    }

    /// Tells what was refused and what did not arrive; under `--once` the latter ends the host with a fault.
    private func account(for composed: ComposedPipeline) -> HostError? {
        let delivery = DeliveryReport(composed.pipeline.snapshot)
        for refusal in delivery.refusals { host.report(.warning(refusal)) }
        var losses = delivery.losses
        if let status = host.board.status(.provider, composed.providerID), status.state == .degraded {
            losses.append("pipeline/\(composed.pipeline.plan.id): bars were not stored. \(status.message)")
        }
        let mustEnd = host.options.isOnce && !isStopping.isFired
        for loss in mustEnd ? losses.dropLast() : losses[...] { host.report(.warning(loss)) }
        return mustEnd ? losses.last.map { HostError(exitCode: 1, $0) } : nil
    }

    // MARK: Preparing

    /// Prepares the models; where the provider's policy is `retry`, tries again until its history can be read.
    private func prepare(_ composed: ComposedPipeline) async throws(PluginError) {
        var seconds = 1
        while true {
            do {
                try await prepareOnce(composed)
                return host.board.set(.provider, composed.providerID, .ok)
            } catch {
                let canRetry = host.policy(ofProvider: composed.providerID) == .retry && !host.options.isOnce
                guard canRetry, error.code != .cancelled else { throw error }
                if host.board.status(.provider, composed.providerID)?.message != error.message {
                    host.report(.warning("\(error.message) It is tried again until it works."))
                }
                host.board.set(.provider, composed.providerID, .failed, error.message)
            }
            if await isStopping.wait(atMost: .seconds(seconds), clock: ContinuousClock()) { throw Self.stopped }
            seconds = min(60, seconds * 2)
        }
    }

    private func prepareOnce(_ composed: ComposedPipeline) async throws(PluginError) {
        let preparation = host.preparation(composed, isStopping)
        let result = await LongWork.run(until: isStopping, grace: host.manifest.host.stopTimeout * 0.5) {
            () -> Result<Void, PluginError> in
            do throws(PluginError) {
                return .success(try await preparation.prepare(composed.training))
            } catch {
                return .failure(error)
            }
        }
        if let result { return try result.get() }
        host.leftBehind.fire()
        host.report(
            .warning(
                "pipeline/\(composed.pipeline.plan.id): reading history or fitting did not end with the stop; it was "
                    + "given up. What was stored before is untouched, and the next start does it again."))
        throw Self.stopped
    }

    private static let stopped = PluginError(.cancelled, "host: it is stopping.")

    // MARK: Stopping

    /// After a stop: lets the pipelines drain, and ends them when the grace time is over.
    private func enforceStop(_ pipelines: [Pipeline], unless isDone: StopSignal, after stop: StopSignal) async {
        await stop.wait()
        guard stop.isFired else { return }
        for pipeline in pipelines { pipeline.stop() }
        let grace = host.manifest.host.stopTimeout * 0.6
        if await !isDone.wait(atMost: grace, clock: ContinuousClock()) {
            for pipeline in pipelines { pipeline.giveUp() }
        }
    }

    private func stop(_ instances: Instances) async {
        await instances.stop(board: host.board, grace: .seconds(1), clock: ContinuousClock())
    }
}
