import CivilTime
import HostCore
import HostManifest
import HostTraining
import PluginKit
import Synchronization

/// A reload in the making: everything new is built, probed, fitted and warmed up here before anything old is touched.
///
/// One task uses it: `prepare`, then `commit`, or `discard` where `prepare` threw.
final class StagedReload {
    /// How long building and probing an instance, or warming up a pipeline, may take.
    private let patience = Duration.seconds(30)

    private let host: Host
    private let plan: ReloadPlan
    private var manifest: Manifest
    private let models = ModelBoard()
    private let clock = ContinuousClock()
    private var built = Instances()
    private var instances: Instances
    private var parts: [ReloadReport.Part] = []
    private var swaps: [(run: PipelineRun, composed: ComposedPipeline, change: PipelineChange)] = []
    private var starts: [ComposedPipeline] = []
    private var spans: [String: Duration] = [:]

    init(host: Host, plan: ReloadPlan, manifest: Manifest) {
        self.host = host
        self.plan = plan
        self.manifest = manifest
        instances = host.instances
        // Whoever was empty at the start has been written to since.
        instances.emptySinks = []
    }

    // MARK: Before the swap

    /// Builds, fits and warms up; throws the first fault.
    func prepare() async throws(PluginError) {
        try await buildInstances()
        _ = instances.remove(plan.stopped)
        instances.merge(built, generation: host.revision + 1)
        for name in plan.renewed { instances.generations[name] = host.revision + 1 }
        let outcome = await ListedInstruments(
            manifest: manifest, providers: built.providers, kept: host.state.lists
        ) { [host] in
            host.report(.notice($0))
        }.resolve()
        if let fault = outcome.faults.min(by: { $0.key < $1.key })?.value { throw fault }
        manifest = outcome.manifest
        for pipeline in manifest.pipelines {
            for instrument in pipeline.instruments { _ = host.view.instruments.intern(instrument) }
        }
        let idle = Set(manifest.pipelines.filter(\.isUnlisted).map(\.id))
        let touched = Set(plan.pipelines.filter { $0.effect != .unchanged && $0.effect != .stopped }.map(\.id))
            .subtracting(idle)
        for composed in try host.compose(instances, of: manifest, only: touched) {
            let start = clock.now
            try await prepare(composed)
            spans[composed.pipeline.plan.id] = start.duration(to: clock.now)
        }
    }

    /// Gives back what was built; the running pipelines forget the warm-up.
    func discard() async {
        for (run, _, _) in swaps { await run.composed.pipeline.discard() }
        await Self.stop(built.order.reversed())
    }

    private func buildInstances() async throws(PluginError) {
        let host = host
        let builder = InstanceBuilder(
            manifest: manifest, board: InstanceBoard(now: { WallClock.now() }), shown: host.board,
            isStopping: host.isStopping, isOnce: host.options.isOnce, counts: host.state.database,
            context: { (declaration) throws(PluginError) in try host.context(for: declaration) }, warn: { _ in })
        for declaration in manifest.instances where plan.built.contains(declaration.name) {
            let start = clock.now
            built.merge(
                try await limited(declaration.name) {
                    await Result { () async throws(PluginError) in
                        var instances = Instances()
                        try await builder.build(declaration, into: &instances)
                        return instances
                    }
                }, generation: 0)
            spans[declaration.name] = start.duration(to: clock.now)
        }
    }

    private func prepare(_ composed: ComposedPipeline) async throws(PluginError) {
        let id = composed.pipeline.plan.id
        let run = host.runs[id]
        let isSwap = plan.effect(on: id) == .swapped && run?.composed.pipeline.takesChanges == true
        try await fit(composed, reusing: run?.composed)
        guard isSwap, let run else { return starts.append(composed) }
        let (pipeline, target) = (run.composed.pipeline, composed.pipeline.plan)
        do throws(PluginError) {
            let change = try await limited("pipeline/\(id)") {
                await Result { () async throws(PluginError) in try await pipeline.prepare(target) }
            }
            swaps.append((run, composed, change))
        } catch {
            await pipeline.discard()
            // Its data ended meanwhile: then it begins anew like one that had ended before.
            guard error.code == .cancelled, !pipeline.takesChanges, !host.isStopping.isFired else { throw error }
            starts.append(composed)
        }
    }

    /// Takes over the predictors of models that stay, and makes the others ready.
    private func fit(_ composed: ComposedPipeline, reusing old: ComposedPipeline?) async throws(PluginError) {
        let id = composed.pipeline.plan.id
        let isSameData = plan.effect(on: id) == .swapped || plan.replayed.contains(id)
        var missing: [(plan: TrainingPlan, serving: ServingModel)] = []
        for (plan, serving) in composed.training {
            let before = old?.training.first { $0.plan.id == plan.id }
            if isSameData, let before, before.plan.configurationDigest == plan.configurationDigest,
                !self.plan.built.contains("model/\(plan.id)"), before.serving.timeline != nil
            {
                serving.takeOver(before.serving)
            } else {
                missing.append((plan, serving))
            }
        }
        guard !missing.isEmpty else { return }
        let training = missing
        let preparation = host.preparation(composed, host.isStopping, models: models, isStrict: true)
        let result = await LongWork.run(until: host.isStopping, grace: .seconds(1)) {
            await Result { () async throws(PluginError) in try await preparation.prepare(training) }
        }
        guard let result else { throw PluginError(.cancelled, "host: it is stopping.") }
        _ = try result.get()
    }

    /// Runs plugin code on threads of its own, and not for ever.
    private func limited<Made: Sendable>(
        _ name: String, _ work: @escaping @Sendable () async -> Result<Made, PluginError>
    ) async throws(PluginError) -> Made {
        let start = clock.now
        let result = await LongWork.run(until: host.isStopping, within: patience, grace: .seconds(1), work)
        // Work that listens ends as cancelled, work that does not is left behind.
        guard let result, start.duration(to: clock.now) < patience || (try? result.get()) != nil else {
            throw PluginError(
                .environment, "\(name): it was not ready within \(patience.inWords). Look into its log and its outside."
            )
        }
        return try result.get()
    }

    // MARK: The swap and after

    /// Swaps, drains the old, stops what is not needed any more; returns the new revision and what became of each part.
    func commit() async throws(PluginError) -> (revision: Int, parts: [ReloadReport.Part]) {
        try await swap()
        await restart()
        var old = host.instances
        let revision = host.take(manifest, instances)
        register()
        await Self.stop(old.remove(plan.stopped))
        return (revision, instanceParts + parts)
    }

    /// Swaps pipeline by pipeline; where one cannot, those before go back.
    private func swap() async throws(PluginError) {
        var done: [(run: PipelineRun, old: PipelinePlan)] = []
        for (run, composed, change) in swaps {
            let old = run.composed.pipeline.plan
            do throws(PluginError) {
                let outcome = try await run.composed.pipeline.apply(change)
                done.append((run, old))
                note(run.id, "swapped", outcome)
                let before = run.composed
                run.adopt(composed)
                // What was promoted meanwhile.
                for (model, serving) in composed.training {
                    let same = before.training.first {
                        $0.plan.id == model.id && $0.plan.configurationDigest == model.configurationDigest
                    }
                    if let same { serving.takeOver(same.serving) }
                }
            } catch {
                if error.code == .cancelled, !host.isStopping.isFired {
                    starts.append(composed)
                    continue
                }
                for (run, old) in done.reversed() { await Self.reverse(run, to: old) }
                await discard()
                throw error
            }
        }
    }

    private static func reverse(_ run: PipelineRun, to old: PipelinePlan) async {
        let pipeline = run.composed.pipeline
        guard let change = try? await pipeline.prepare(old) else { return }
        _ = try? await pipeline.apply(change)
    }

    /// Stops pipelines that are gone or begin anew, and starts those that begin.
    private func restart() async {
        let grace = manifest.host.stopTimeout * 0.6
        for (id, effect) in plan.pipelines where effect == .stopped {
            await host.runs[id]?.stop(grace: grace)
            host.runs.remove(id)
            note(id, "stopped")
        }
        for composed in starts {
            let id = composed.pipeline.plan.id
            let isNew = host.runs[id] == nil
            await host.runs[id]?.stop(grace: grace)
            host.runs.start(PipelineRun(composed, host: host, isPrepared: true))
            note(id, isNew ? "started" : "restarted")
        }
    }

    private func note(_ pipeline: String, _ action: String, _ outcome: ChangeOutcome? = nil) {
        parts.append(
            ReloadReport.Part(
                name: "pipeline/\(pipeline)", action: action, milliseconds: spans[pipeline]?.milliseconds ?? 0,
                pauseMilliseconds: outcome?.pause.milliseconds, warnings: outcome?.warnings ?? []))
    }

    private var instanceParts: [ReloadReport.Part] {
        let differing = plan.diff.entries.filter { $0.section != .pipelines }.map { ($0.name, $0.action.rawValue) }
        return (differing + plan.renewed.map { ($0, "renewed") }).map { name, action in
            ReloadReport.Part(name: name, action: action, milliseconds: spans[name]?.milliseconds ?? 0)
        }
    }

    /// Shows the new instances and models, and no others.
    private func register() {
        let needed = manifest.neededInstances
        for declaration in manifest.instances {
            let isNeeded = needed.contains(declaration.name)
            let before = host.board.status(declaration.component, declaration.id)
            guard before == nil || plan.built.contains(declaration.name) || (before?.state == .disabled) == isNeeded
            else { continue }
            host.board.register(
                declaration.component, declaration.id, plugin: declaration.descriptor.name,
                state: isNeeded ? .ok : .disabled)
        }
        for status in host.board.all where isGone(status) { host.board.remove(status.kind, status.id) }
        for entry in models.all { host.view.models.set(entry) }
        let serving = Dictionary(uniqueKeysWithValues: manifest.pipelines.map { ($0.id, Set($0.models)) })
        host.view.models.keep { serving[$0.pipeline]?.contains($0.model) == true }
        host.view.latest.keep(serving)
    }

    /// Whether the new manifest has nothing of that kind and id.
    private func isGone(_ status: InstanceStatus) -> Bool {
        switch status.kind {
        case .provider, .indicator, .model, .sink: manifest.instance(status.name) == nil
        case .pipeline, .store:
            status.name != "store/state" && !manifest.pipelines.contains { $0.id == status.id }
        case .route: !manifest.routes.contains { $0.id == status.id }
        case .gateway: false
        }
    }

    private static func stop(_ instances: [Instances.Entry]) async {
        for entry in instances {
            _ = await Instances.finishes(within: .seconds(1), clock: ContinuousClock()) { await entry.stop() }
        }
    }
}
