import HostCore
import HostManifest
import PluginKit
import ServiceLifecycle

/// Builds the instances, runs every pipeline, stops them in order; one service of the host.
final class HostRunner: Service {
    private let host: Host

    init(host: Host) { self.host = host }

    /// Runs until every stream has ended (`--once`) or a graceful stop; throws the first fault.
    func run() async throws {
        // Also where the start failed: the other services wait for it.
        defer { host.isStopping.fire() }
        try await withGracefulShutdownHandler {
            try await runPipelines()
        } onGracefulShutdown: {
            // First, so that nothing is told as if the host went on.
            self.host.isStopping.fire()
            self.host.report(.stopping)
        }
    }

    private func runPipelines() async throws {
        // Kept by the host alone, here and below: what a reload replaces ends with its last owner.
        guard try await hasAnswers() else { return }
        host.take(try await host.buildInstances())
        let listing = ListedStart(host: host)
        let unlisted = try await stoppingInstances { () throws(HostError) in try await listing.begin() }
        if let work = host.options.work {
            try await stoppingInstances { () throws(HostError) in try await ModelDesk(host: host).run(work) }
            return await stopInstances()
        }
        if let order = host.options.backtest {
            try await stoppingInstances { () throws(HostError) in try await BacktestDesk(host: host, order: order).run()
            }
            return await stopInstances()
        }
        if host.options.mode == .run {
            let again = await Redelivery(manifest: host.manifest, database: host.state.database).lines()
            for line in again { host.report(.warning(line)) }
        }
        let listed = Set(host.manifest.pipelines.map(\.id)).subtracting(unlisted)
        try await stoppingInstances { () throws(HostError) in try start(listed) }
        host.begin()
        // Unstructured on purpose: it waits for sources while the other pipelines run; ended below.
        let starting = Task { await listing.start(unlisted) }
        let fault = await host.options.isOnce ? waitForData(starting) : waitForStop()
        starting.cancel()
        if host.options.isOnce { await RetentionService(host: host).sweep(steps: 20) }
        await stopInstances()
        if let fault { throw fault }
    }

    /// Reads the manifest once more where programs that have to work had not answered: now they are waited for, while the
    /// gateway answers; `false` where the host was stopped before.
    private func hasAnswers() async throws -> Bool {
        let names = host.manifest.unanswered
        guard let source = host.source, !names.isEmpty else { return true }
        host.report(
            .notice(
                "\(names.joined(separator: ", ")): no answer yet whether the options are right; pipelines start once there is "
                    + "one. 'on_failure: retry' does not wait."))
        let loaded = await LongWork.run(until: host.isStopping, grace: .zero) { source.load(source.first) }
        guard let loaded, !host.isStopping.isFired else { return false }
        guard let manifest = loaded.result.manifest else { throw HostError(exitCode: 2, loaded.result.report) }
        host.take(manifest)
        return true
    }

    private func start(_ pipelines: Set<String>) throws(HostError) {
        do throws(PluginError) {
            for composed in try host.compose(host.instances, only: pipelines) {
                host.runs.start(PipelineRun(composed, host: host, isPrepared: false))
            }
        } catch {
            throw HostError(exitCode: error.exitCode, error.message)
        }
    }

    /// Runs a step of the start; where it throws, what was built is stopped.
    private func stoppingInstances<Made>(_ step: () async throws(HostError) -> Made) async throws(HostError) -> Made {
        do {
            return try await step()
        } catch {
            await stopInstances()
            throw error
        }
    }

    /// Returns when all data was delivered, or the host was stopped.
    private func waitForData(_ starting: Task<HostError?, Never>) async -> HostError? {
        let stop = host.isStopping
        return await withTaskGroup(of: HostError?.self) { group in
            group.addTask {
                let fault = await starting.value
                return await self.host.runs.value() ?? fault
            }
            group.addTask {
                await stop.wait()
                if stop.isFired { await self.stopPipelines() }
                return nil
            }
            let fault = await group.next() ?? nil
            group.cancelAll()
            let other = await group.next() ?? nil
            return fault ?? other
        }
    }

    private func waitForStop() async -> HostError? {
        await host.isStopping.wait()
        await stopPipelines()
        return await host.runs.value()
    }

    private func stopPipelines() async { await host.runs.stop(grace: host.manifest.host.stopTimeout * 0.6) }

    private func stopInstances() async {
        // Before sinks are stopped: they are told of what came last.
        await host.risk?.settle(within: host.manifest.host.stopTimeout * 0.3)
        await host.instances.stop(board: host.board, grace: .seconds(1), clock: ContinuousClock())
    }
}
