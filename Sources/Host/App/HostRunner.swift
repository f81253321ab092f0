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
        try await withGracefulShutdownHandler {
            try await runPipelines()
        } onGracefulShutdown: {
            self.host.report(.stopping)
            self.host.isStopping.fire()
        }
    }

    private func runPipelines() async throws {
        let instances = try await host.buildInstances()
        host.take(instances)
        if host.options.mode == .run {
            let again = await Redelivery(manifest: host.manifest, database: host.state.database).lines()
            for line in again { host.report(.warning(line)) }
        }
        do {
            for composed in try host.compose(instances) {
                host.runs.start(PipelineRun(composed, host: host, isPrepared: false))
            }
        } catch {
            await stopInstances()
            throw HostError(exitCode: error.exitCode, error.message)
        }
        host.begin()
        let fault = await host.options.isOnce ? waitForData() : waitForStop()
        if host.options.isOnce { await RetentionService(host: host).sweep(steps: 20) }
        await stopInstances()
        if let fault { throw fault }
    }

    /// Returns when all data was delivered, or the host was stopped.
    private func waitForData() async -> HostError? {
        let stop = host.isStopping
        return await withTaskGroup(of: HostError?.self) { group in
            group.addTask { await self.host.runs.value() }
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
        await host.instances.stop(board: host.board, grace: .seconds(1), clock: ContinuousClock())
    }
}
