import Glibc
import HostCore
import HostManifest
import HostTraining
import PluginKit
import PredictionTargets
import RowColumns

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
    /// Where the trials of searches are kept.
    let trials: any TrialStore
    /// Makes a model with other options.
    let remake: @Sendable (InstanceDeclaration, [String: ConfigurationValue]) async throws(PluginError) -> any Model

    /// What feeds a pipeline: where it comes from, and who gives it.
    private struct Feed {
        let declaration: InputDeclaration
        let route: RouteDeclaration
        /// The one that is preferred.
        let provider: InstanceDeclaration
        let plan: RoutePlan
        let isReplay: Bool
    }

    /// Composes every pipeline; all, or those named.
    func compose(only: Set<String>? = nil) throws(PluginError) -> [ComposedPipeline] {
        var composed: [ComposedPipeline] = []
        for declaration in manifest.pipelines where only?.contains(declaration.id) ?? true {
            let feeds = ([declaration.drivingInput] + declaration.inputs).compactMap(feed)
            guard feeds.count == declaration.inputs.count + 1 else { continue }
            composed.append(try compose(declaration, feeds))
        }
        return composed
    }

    private func feed(_ declaration: InputDeclaration) -> Feed? {
        guard let route = manifest.route(declaration.route) else { return nil }
        let providers = route.providers.compactMap { id in
            manifest.providers.first { $0.instance.id == id }?.instance
        }
        guard let first = providers.first, let plan = route.plan(providers, instances.providers, directory) else {
            return nil
        }
        return Feed(
            declaration: declaration, route: route, provider: first, plan: plan,
            isReplay: providers.allSatisfy { $0.descriptor.provider?.isReplay ?? false })
    }

    private func compose(
        _ declaration: PipelineDeclaration, _ feeds: [Feed]
    ) throws(PluginError) -> ComposedPipeline {
        let given = PipelineDigest(manifest: manifest, pipeline: declaration, provider: feeds[0].provider.id)
        var inputs: [InputPlan] = []
        for feed in feeds { inputs.append(try input(feed, of: declaration, given)) }
        let sides = Array(inputs.dropFirst())
        let training = trainingPlans(declaration, PipelinePlan.schema(inputs[0], sides))
        let plan = PipelinePlan(
            id: declaration.id, instruments: references(declaration), directory: directory, driving: inputs[0],
            sides: sides, through: through,
            models: training.map(\.serving) + missingModels(declaration, except: training),
            maxAge: declaration.riskMaxAge.map(Self.nanoseconds), sinks: sinks(declaration, given),
            workers: manifest.host.workers, callsOut: callsOut(declaration))
        return ComposedPipeline(
            pipeline: Pipeline(plan: plan, services: services(for: declaration)), training: training,
            providerID: feeds[0].provider.id)
    }

    private func input(
        _ feed: Feed, of pipeline: PipelineDeclaration, _ given: PipelineDigest
    ) throws(PluginError) -> InputPlan {
        let (declaration, pull) = (feed.declaration, pull(feed))
        // One that asks comes round again after the interval, so what it takes from another is never older than half of it.
        let route = pull.map {
            feed.plan.sharing(AnswerSharing(stream: "\(pipeline.id)/\(declaration.name)", within: $0.interval / 2))
        }
        var input = InputPlan(
            name: declaration.name, kind: declaration.kind, timeframe: declaration.timeframe, route: route ?? feed.plan,
            isReplay: feed.isReplay,
            features: FeaturePlan(instances: try indicators(declaration, of: pipeline)))
        input.shape = try shape(declaration, of: pipeline)
        input.section = section(declaration, of: pipeline)
        if declaration.shape == nil {
            let references = references(pipeline)
            if declaration.kind == .bar {
                input.calendar = BarCalendar(
                    declaration.timeframe, directory.count, references, services.tradingHours)
            } else if declaration.kind == .trade {
                input.sessions = SessionWatch(directory.count, references, services.tradingHours)
            }
        }
        input.pull = pull
        input.policy = policy(feed, of: pipeline)
        input.waitsForMore = options.mode == .run && !options.isOnce
        input.acceptedAge = feed.route.maxAge.map(Self.nanoseconds)
        input.rules = feed.route.prices.rules(directory)
        input.fields = declaration.fields
        input.carriedAge = declaration.maxAge.map(Self.nanoseconds)
        input.streamDigest =
            options.mode == .run && goesOn(declaration)
            ? given.stream(of: feed.provider, for: declaration) : nil
        return input
    }

    /// How rows wait for each other: those of the driving input, where an indicator compares them.
    private func section(_ input: InputDeclaration, of pipeline: PipelineDeclaration) -> SectionPlan? {
        guard input.name.isEmpty, let section = pipeline.section else { return nil }
        return SectionPlan(members: references(pipeline).map(\.id), wait: section.wait)
    }

    /// A column that compares, with the group of each instrument: the first that names it.
    private func grouped(_ made: any Indicator, _ id: String, _ pipeline: PipelineDeclaration) -> any Indicator {
        guard var column = made as? CrossColumn, let groups = pipeline.section?.groups[id], !groups.isEmpty else {
            return made
        }
        var places = Array(repeating: -1, count: directory.count)
        for (place, group) in groups.enumerated().reversed() {
            for instrument in group {
                if let number = directory.id(of: instrument) { places[Int(number.rawValue)] = place }
            }
        }
        column.groups = places
        return column
    }

    /// Whether a run goes on where the one before stood: what is in a bar that ends by a threshold follows from every trade
    /// before it.
    private func goesOn(_ input: InputDeclaration) -> Bool { input.shape.map { $0.cut == .time } ?? true }

    /// How the bars of an input are built; throws where a venue's hours are needed and not known.
    private func shape(
        _ input: InputDeclaration, of pipeline: PipelineDeclaration
    ) throws(PluginError) -> ShapePlan? {
        guard let shape = input.shape else { return nil }
        if let threshold = BarThreshold(shape) {
            return ShapePlan(of: shape.source, timeframe: shape.timeframe, cut: .threshold(threshold))
        }
        var hours: [InstrumentID: any TradingHours] = [:]
        for reference in references(pipeline) { hours[reference.id] = services.tradingHours(reference.instrument) }
        if let first = references(pipeline).first(where: { hours[$0.id] == nil }) {
            throw PluginError(
                .configuration,
                "pipeline/\(pipeline.id): bars of \(first.instrument) end with its venue's sessions, and there is no calendar "
                    + "of \(first.instrument.venue). docs/calendars.md has the venues; 'shape.by' can end bars otherwise."
            )
        }
        return ShapePlan(of: shape.source, timeframe: shape.timeframe, hours: hours)
    }

    /// Whether what computes in the pipeline has processes of its own.
    private func callsOut(_ declaration: PipelineDeclaration) -> Bool {
        let indicators = manifest.indicators.map(\.instance).filter { declaration.allIndicators.contains($0.id) }
        let models = manifest.models.map(\.instance).filter { declaration.models.contains($0.id) }
        return (indicators + models).contains { $0.plugin.tier == .process }
    }

    /// How a provider is asked that does not push what is wanted, or plays the past in a route that goes on live, or does not
    /// answer alone.
    private func pull(_ feed: Feed) -> PullPlan? {
        let kind = feed.declaration.sourceKind
        guard let can = feed.provider.descriptor.provider, PullPlan.kinds.contains(kind), can.fetches.contains(kind),
            !can.streams.contains(kind) || can.isReplay != feed.isReplay || feed.route.consent.isAsked(for: kind)
        else { return nil }
        return PullPlan(
            interval: feed.route.poll ?? PullPlan.usualInterval(feed.declaration.sourceTimeframe, of: kind),
            isOnce: options.isOnce || feed.isReplay)
    }

    /// How long an input's data is tried for, and how long none may come.
    ///
    /// Figures and factors come when they come: of them no silence is unusual.
    private func policy(_ feed: Feed, of pipeline: PipelineDeclaration) -> StreamPolicy {
        let isUsual = !feed.isReplay && !options.isOnce && ![.figure, .factor].contains(feed.declaration.kind)
        return StreamPolicy(
            isOnce: options.isOnce, keepsTrying: feed.provider.onFailure == .retry,
            silence: feed.route.silence.map { .span($0) }
                ?? (isUsual
                    ? .usual(
                        feed.declaration.sourceTimeframe, of: pipeline.instruments, pull: pull(feed),
                        services.tradingHours)
                    : nil),
            poll: feed.route.poll)
    }

    private func references(_ declaration: PipelineDeclaration) -> [InstrumentReference] {
        declaration.instruments.map { InstrumentReference(id: directory.intern($0), instrument: $0) }
    }

    private func indicators(
        _ declaration: InputDeclaration, of pipeline: PipelineDeclaration
    ) throws(PluginError) -> [FeaturePlan.Instance] {
        var built: [FeaturePlan.Instance] = []
        for id in declaration.indicators {
            guard let instance = manifest.indicators.first(where: { $0.instance.id == id })?.instance,
                let made = instances.indicators[id]
            else { continue }
            guard type(of: made).inputKind == declaration.kind else {
                throw PluginError(
                    .configuration,
                    "indicator/\(id): reads \(type(of: made).inputKind.rawValue) events, and "
                        + "pipeline/\(pipeline.id) gives it \(declaration.kind.rawValue) events. Take it out of "
                        + "'indicators'.")
            }
            let renewal = instances.generations["indicator/\(id)"].map { "\nrenewed=\($0)" } ?? ""
            built.append(
                FeaturePlan.Instance(
                    id: id,
                    identity: "\(CanonicalText.of(instance))\(renewal)\ncolumns=\(instance.outputs.map(\.name))",
                    outputs: instance.outputs,
                    prototype: grouped(made, id, pipeline)))
        }
        return built
    }

    private func trainingPlans(
        _ declaration: PipelineDeclaration, _ schema: FeatureSchema
    ) -> [(plan: TrainingPlan, serving: ServingModel)] {
        declaration.models.compactMap { id in
            guard let model = manifest.models.first(where: { $0.instance.id == id }), let built = instances.models[id]
            else { return nil }
            let names = manifest.features(of: model, in: declaration)
            var borrowed: [MemberOutput] = []
            let columns = names.compactMap { name -> Int? in
                if let place = schema.names.firstIndex(of: name) { return place }
                guard let (member, column) = manifest.memberOutput(name, of: model) else { return nil }
                borrowed.append(MemberOutput(model: member, column: column))
                return -borrowed.count
            }
            let target = model.target
            let plan = TrainingPlan(
                id: id, model: built, descriptor: model.instance.descriptor, members: model.members, features: names,
                window: model.window, target: target, isPerInstrument: model.isPerInstrument,
                abstains: model.abstains, weighting: model.weighting, validation: model.validation, seed: model.seed,
                threads: model.threads,
                search: search(model), promotion: model.promotion, retrain: model.retrain,
                configurationDigest: PipelineDigest.model(model, declaration, manifest, columns: names))
            let serving = ServingModel(
                id: id, target: target.description, members: model.members, columns: columns, window: model.window,
                identity: plan.configurationDigest, borrowed: borrowed,
                outputCount: model.instance.descriptor.outputs.count, combines: model.instance.descriptor.combines,
                measure: target, learns: model.instance.descriptor.learns, interval: model.interval,
                abstains: model.abstains, namesVersion: true, timeline: nil, board: board)
            return (plan, serving)
        }
    }

    /// How the options of a model are searched: on every core, whatever a fit takes of them.
    private func search(_ model: ModelDeclaration) -> SearchPlan? {
        guard let scheme = model.search else { return nil }
        let (instance, remake) = (model.instance, remake)
        let declared = instance.configuration.values
        return SearchPlan(
            scheme: scheme, declared: declared,
            workers: max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)) / model.threads), trials: trials
        ) { (options) async throws(PluginError) in
            try await remake(instance, declared.merging(options) { $1 })
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
                    id: id, target: model.target.description, columns: [], timeline: nil)
            }
    }

    private func sinks(_ declaration: PipelineDeclaration, _ given: PipelineDigest) -> [SinkPlan] {
        declaration.sinks.compactMap { id in
            guard let sink = manifest.sinks.first(where: { $0.instance.id == id }), let built = instances.sinks[id]
            else { return nil }
            // Without a gateway nobody is there to whom the past could be told.
            let startsNow = sink.startsNow || !options.hasGateway && sink.reachesClientsOnly
            return SinkPlan(
                id: id, sink: built, records: sink.records, capacity: sink.queue.capacity,
                policy: QueuePolicy(rawValue: sink.queue.full.rawValue) ?? .block,
                spillBytes: sink.queue.spillBytes, digests: given.digests(of: sink),
                isEmpty: instances.emptySinks.contains(id), startsNow: startsNow && options.mode == .run,
                instance: instances.generations["sink/\(id)"] ?? 0)
        }
    }

    private func services(for declaration: PipelineDeclaration) -> PipelineServices {
        guard case .replay(let from, _) = options.mode else { return services }
        return services.with(watermarks: ReplayWatermarks(instruments: declaration.instruments, from: from))
    }

    private var through: Int64 {
        if case .replay(_, let through) = options.mode { return through }
        return .max
    }

    private static func nanoseconds(_ span: Duration) -> Int64 {
        span.components.seconds * 1_000_000_000 + span.components.attoseconds / 1_000_000_000
    }
}

extension BarThreshold {
    /// The threshold of a declared shape; `nil` for one by time.
    fileprivate init?(_ shape: ShapeDeclaration) {
        let size = shape.size
        switch shape.cut {
        case .time: return nil
        case .trades: self = .trades(max(1, Int(exactly: size.rounded()) ?? .max))
        case .volume: self = .volume(size)
        case .value: self = .value(size)
        case .tradeImbalance: self = .tradeImbalance(max(1, Int(exactly: size.rounded()) ?? .max))
        case .volumeImbalance: self = .volumeImbalance(size)
        case .valueImbalance: self = .valueImbalance(size)
        }
    }
}
