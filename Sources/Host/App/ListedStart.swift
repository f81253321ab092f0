import HostCore
import HostManifest
import PluginKit

/// Starts the pipelines whose source lists their instruments: with the others where it answers at once, else when it does.
struct ListedStart {
    let host: Host

    private var instances: Instances { host.instances }

    /// Asks the providers that the host does not start without, and takes over what they list; returns the pipelines that wait.
    ///
    /// A fault that may pass is waited out as that of any provider; another one is thrown. A provider that the host may
    /// start without is not asked here: it keeps nothing waiting.
    func begin() async throws(HostError) -> [String] {
        let needed = instances.providers.filter { host.policy(ofProvider: $0.key) == .error }
        let outcome = await resolve(needed)
        for pipeline in outcome.manifest.pipelines where pipeline.isListed {
            guard let fault = outcome.faults[pipeline.id] else { continue }
            guard Self.mayPass(fault) else { throw HostError(exitCode: fault.exitCode, fault.message) }
            tell(fault, pipeline)
        }
        host.take(outcome.manifest)
        return outcome.manifest.pipelines.filter(\.isUnlisted).map(\.id)
    }

    /// Starts each of these pipelines once its source answers; returns the fault of one that cannot start, under `--once`.
    func start(_ pipelines: [String]) async -> HostError? {
        var recovery = StreamRecovery(StreamPolicy(isOnce: host.options.isOnce, keepsTrying: true))
        var waiting = Set(pipelines)
        while !waiting.isEmpty {
            let asked = host.manifest.pipelines.filter { $0.isUnlisted && waiting.contains($0.id) }
            let ids = Set(asked.flatMap { host.manifest.providers(of: $0) })
            let outcome = await resolve(instances.providers.filter { ids.contains($0.key) })
            guard !Task.isCancelled, !host.isStopping.isFired else { return nil }
            for pipeline in asked where outcome.faults[pipeline.id] == nil { start(pipeline.id, outcome.manifest) }
            waiting = Set(asked.filter { outcome.faults[$0.id] != nil }.map(\.id))
            guard let first = asked.first(where: { waiting.contains($0.id) }), let fault = outcome.faults[first.id]
            else {
                break
            }
            for pipeline in asked { outcome.faults[pipeline.id].map { tell($0, pipeline) } }
            guard case .again(let wait) = recovery.failed(fault) else { return giveUp(first, fault) }
            if await host.isStopping.wait(atMost: wait, clock: ContinuousClock()) { return nil }
        }
        return nil
    }

    private static func mayPass(_ fault: PluginError) -> Bool {
        fault.isTransient || [.malformed, .environment, .corrupted].contains(fault.code)
    }

    private func resolve(_ providers: [String: ProviderSlot]) async -> ListedInstruments.Outcome {
        let report = host.report
        return await ListedInstruments(manifest: host.manifest, providers: providers, kept: host.state.lists) {
            report(.notice($0))
        }.resolve()
    }

    private func start(_ id: String, _ manifest: Manifest) {
        host.take(manifest)
        do throws(PluginError) {
            for composed in try host.compose(instances, only: [id]) {
                host.runs.start(PipelineRun(composed, host: host, isPrepared: false))
            }
        } catch {
            host.board.set(.pipeline, id, .failed, error.message)
            host.report(.warning(error.message))
        }
    }

    private func tell(_ fault: PluginError, _ pipeline: PipelineDeclaration) {
        host.board.set(.pipeline, pipeline.id, .degraded, fault.message)
        for id in host.manifest.providers(of: pipeline) {
            instances.providers[id]?.fails(fault.message, for: pipeline.id)
        }
    }

    private func giveUp(_ pipeline: PipelineDeclaration, _ fault: PluginError) -> HostError? {
        host.board.set(.pipeline, pipeline.id, .failed, fault.message)
        let isFault = host.manifest.providers(of: pipeline).allSatisfy { host.policy(ofProvider: $0) != .ignore }
        if !isFault { host.report(.warning("\(fault.message) pipeline/\(pipeline.id) does not run.")) }
        return isFault ? HostError(exitCode: fault.exitCode, fault.message) : nil
    }
}

extension PipelineDeclaration {
    /// Whether its source has not said yet which instruments it has.
    var isUnlisted: Bool { isListed && instruments.isEmpty }
}
