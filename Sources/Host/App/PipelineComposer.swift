import HostCore
import HostManifest
import HostTraining
import PluginKit

/// A pipeline ready to be prepared and run.
struct ComposedPipeline: Sendable {
    let pipeline: Pipeline
    let training: [(plan: TrainingPlan, serving: ServingModel)]
    let providerID: String
}

/// Turns a manifest's pipelines and the built instances into plans of the core.
struct PipelineComposer {
    let manifest: Manifest
    let options: HostOptions
    let instances: Instances
    let directory: InstrumentTable
    let board: InstanceBoard
    let models: ModelBoard
    let services: PipelineServices

    /// Composes every pipeline; all, or those named.
    func compose(only: Set<String>? = nil) throws(PluginError) -> [ComposedPipeline] {
        var composed: [ComposedPipeline] = []
        for declaration in manifest.pipelines where only?.contains(declaration.id) ?? true {
            guard let route = manifest.routes.first(where: { $0.id == declaration.route }),
                let providerID = route.providers.first,
                let provider = manifest.providers.first(where: { $0.instance.id == providerID })?.instance
            else { continue }
            guard let slot = instances.providers[providerID] else { continue }
            composed.append(try compose(declaration, provider, slot))
        }
        return composed
    }

    private func compose(
        _ declaration: PipelineDeclaration, _ provider: InstanceDeclaration, _ slot: ProviderSlot
    ) throws(PluginError) -> ComposedPipeline {
        let features = FeaturePlan(instances: try indicators(declaration))
        let training = trainingPlans(declaration, features)
        let serving = training.map(\.serving) + missingModels(declaration, except: training)
        let given = PipelineDigest(manifest: manifest, pipeline: declaration, provider: provider.id)
        let plan = PipelinePlan(
            id: declaration.id, instruments: references(declaration), directory: directory, kind: declaration.kind,
            timeframe: declaration.timeframe, provider: slot,
            isReplay: provider.descriptor.provider?.isReplay ?? false, pull: pull(declaration, provider),
            policy: policy(declaration, provider), waitsForMore: options.mode == .run && !options.isOnce,
            through: through,
            acceptedAge: acceptedAge(declaration),
            rules: manifest.maxJump(of: declaration).map(QualityRules.init) ?? QualityRules(), features: features,
            models: serving, maxAge: declaration.riskMaxAge.map(Self.nanoseconds),
            sinks: sinks(declaration, given), workers: manifest.host.workers, callsOut: callsOut(declaration),
            streamDigest: options.mode == .run ? given.stream(of: provider) : nil)
        let services = services(for: declaration)
        return ComposedPipeline(
            pipeline: Pipeline(plan: plan, services: services), training: training, providerID: provider.id)
    }

    /// Whether what computes in the pipeline has processes of its own.
    private func callsOut(_ declaration: PipelineDeclaration) -> Bool {
        let indicators = manifest.indicators.map(\.instance).filter { declaration.indicators.contains($0.id) }
        let models = manifest.models.map(\.instance).filter { declaration.models.contains($0.id) }
        return (indicators + models).contains { $0.plugin.tier == .process }
    }

    /// How a provider is asked that does not push bars.
    private func pull(_ declaration: PipelineDeclaration, _ provider: InstanceDeclaration) -> PullPlan? {
        let can = provider.descriptor.provider
        guard let can, declaration.kind == .bar, !can.streams.contains(.bar), can.fetches.contains(.bar) else {
            return nil
        }
        let interval = manifest.poll(of: declaration) ?? PullPlan.usualInterval(declaration.timeframe)
        return PullPlan(interval: interval, isOnce: options.isOnce || can.isReplay)
    }

    /// How long the pipeline's data is tried for, and how long none may come.
    private func policy(_ declaration: PipelineDeclaration, _ provider: InstanceDeclaration) -> StreamPolicy {
        let isLive = !(provider.descriptor.provider?.isReplay ?? false) && !options.isOnce
        return StreamPolicy(
            isOnce: options.isOnce, keepsTrying: provider.onFailure == .retry,
            silence: manifest.silence(of: declaration)
                ?? (isLive ? StreamPolicy.usualSilence(declaration.timeframe) : nil))
    }

    private func references(_ declaration: PipelineDeclaration) -> [InstrumentReference] {
        declaration.instruments.map { InstrumentReference(id: directory.intern($0), instrument: $0) }
    }

    private func indicators(_ declaration: PipelineDeclaration) throws(PluginError) -> [FeaturePlan.Instance] {
        var built: [FeaturePlan.Instance] = []
        for id in declaration.indicators {
            guard let instance = manifest.indicators.first(where: { $0.instance.id == id })?.instance,
                case .indicator(let make) = instance.plugin.maker
            else { continue }
            let made = try make(instance.configuration)
            guard type(of: made).inputKind == declaration.kind else {
                throw PluginError(
                    .configuration,
                    "indicator/\(id): reads \(type(of: made).inputKind.rawValue) events, and "
                        + "pipeline/\(declaration.id) carries \(declaration.kind.rawValue) events. Take it out of the "
                        + "pipeline's 'indicators'.")
            }
            if board.status(.indicator, id)?.state == .starting { board.set(.indicator, id, .ok) }
            let renewal = instances.generations["indicator/\(id)"].map { "\nrenewed=\($0)" } ?? ""
            built.append(
                FeaturePlan.Instance(
                    id: id, identity: CanonicalText.of(instance) + renewal,
                    outputs: instance.plugin.outputs(instance.configuration),
                    prototype: made))
        }
        return built
    }

    private func trainingPlans(
        _ declaration: PipelineDeclaration, _ features: FeaturePlan
    ) -> [(plan: TrainingPlan, serving: ServingModel)] {
        declaration.models.compactMap { id in
            guard let model = manifest.models.first(where: { $0.instance.id == id }), let built = instances.models[id]
            else { return nil }
            let names = manifest.features(of: model, in: declaration)
            let columns = names.compactMap { features.schema.names.firstIndex(of: $0) }
            let target = Self.target(model.target)
            let plan = TrainingPlan(
                id: id, model: built, descriptor: model.instance.descriptor, features: features, columns: columns,
                target: target,
                validation: WalkForward(
                    folds: model.validation.folds, embargo: model.validation.embargo,
                    minTrain: model.validation.minTrain),
                seed: model.seed, threads: model.threads,
                configurationDigest: PipelineDigest.model(model, declaration, manifest, columns: names))
            return (plan, ServingModel(id: id, target: target.description, columns: columns, timeline: nil))
        }
    }

    /// Models that could not be built stay in the pipeline's counters: their bars count as `model_not_ready`.
    private func missingModels(
        _ declaration: PipelineDeclaration, except training: [(plan: TrainingPlan, serving: ServingModel)]
    ) -> [ServingModel] {
        let ready = Set(training.map(\.plan.id))
        return manifest.models.filter { declaration.models.contains($0.instance.id) && !ready.contains($0.instance.id) }
            .map { model in
                let id = model.instance.id
                let message = board.status(.model, id)?.message ?? ""
                models.set(
                    .init(
                        model: id, pipeline: declaration.id, plugin: model.instance.descriptor.id, state: "disabled",
                        message: message))
                return ServingModel(
                    id: id, target: Self.target(model.target).description, columns: [], timeline: nil)
            }
    }

    private func sinks(_ declaration: PipelineDeclaration, _ given: PipelineDigest) -> [SinkPlan] {
        declaration.sinks.compactMap { id in
            guard let sink = manifest.sinks.first(where: { $0.instance.id == id }), let built = instances.sinks[id]
            else { return nil }
            return SinkPlan(
                id: id, sink: built, records: sink.records, capacity: sink.queue.capacity,
                policy: QueuePolicy(rawValue: sink.queue.full.rawValue) ?? .block,
                spillBytes: sink.queue.spillBytes, digests: given.digests(of: sink),
                isEmpty: instances.emptySinks.contains(id), startsNow: sink.startsNow && options.mode == .run,
                instance: instances.generations["sink/\(id)"] ?? 0)
        }
    }

    private func services(for declaration: PipelineDeclaration) -> PipelineServices {
        guard case .replay(let from, _) = options.mode else { return services }
        return services.with(watermarks: ReplayWatermarks(instruments: declaration.instruments, from: from))
    }

    private func acceptedAge(_ declaration: PipelineDeclaration) -> Int64? {
        manifest.routes.first { $0.id == declaration.route }?.maxAge.map(Self.nanoseconds)
    }

    private var through: Int64 {
        if case .replay(_, let through) = options.mode { return through }
        return .max
    }

    private static func target(_ target: ModelTarget) -> Target {
        switch target {
        case .relativeReturn(let bars): .futureReturn(bars: bars)
        case .volatility(let bars): .realisedVolatility(bars: bars)
        }
    }

    private static func nanoseconds(_ span: Duration) -> Int64 {
        span.components.seconds * 1_000_000_000 + span.components.attoseconds / 1_000_000_000
    }
}
