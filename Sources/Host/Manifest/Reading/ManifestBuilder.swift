import PluginKit

/// Makes the manifest of what was read: resolves references, checks what only the whole can show.
struct ManifestBuilder {
    /// The file as the user named it.
    let file: String
    /// The folder that relative paths start from.
    let baseDirectory: String
    /// The entries.
    let index: DraftIndex

    private var drafts: Drafts { index.drafts }

    /// Returns the manifest; reports every fault, so the result counts only where there is none.
    func build() -> Manifest {
        checkThatSomethingRuns()
        ReferenceCheck(index: index).run()
        let models = drafts[.models].compactMap(model)
        let seen = Dictionary(models.map { ($0.instance.id, $0) }, uniquingKeysWith: { first, _ in first })
        let resolver = PipelineResolver(index: index)
        let indicators = instances(.indicators).map {
            IndicatorDeclaration(instance: $0.instance, featureNames: $0.draft.featureNames, sources: $0.draft.sources)
        }
        let pipelines = drafts[.pipelines].map { resolver.pipeline($0, models: seen) }
        let strategies = StrategyResolver(index: index, pipelines: pipelines, models: models, indicators: indicators)
        return Manifest(
            file: file, baseDirectory: baseDirectory, host: host,
            instruments: drafts[.instruments].map {
                InstrumentGroup(id: $0.id, instruments: InstrumentReader.instruments(of: $0), location: $0.keySpan)
            },
            providers: instances(.providers).map { ProviderDeclaration(instance: $0.instance) },
            routes: drafts[.routes].map(resolver.route),
            indicators: indicators, models: models, sinks: instances(.sinks).map { sink($0.instance) },
            pipelines: pipelines,
            strategies: drafts[.strategies].compactMap(strategies.strategy),
            risk: drafts.risk.map { RiskReader(index: index, setting: $0).declaration() }, settings: settings)
    }

    private func checkThatSomethingRuns() {
        guard drafts[.pipelines].isEmpty else { return }
        index.diagnosis.fault(
            at: drafts.sectionSpans[.pipelines] ?? .fileStart, "no pipeline is declared, so nothing would run.",
            hint: "Add pipelines: { main: { instruments: all, route: ROUTE, timeframe: 1d } }.")
    }

    private var host: HostSettings {
        let (setting, location) = drafts.host
        return HostSettings(
            listen: setting("listen"), connections: setting("connections"), state: setting("state"),
            workers: setting("workers"),
            stopTimeout: setting("stop_timeout"), logLevel: setting("log_level"),
            quarantineAge: setting("retain", "quarantine"),
            versionAge: setting["retain"]?["versions"]?.duration,
            eventAges: [.quote: "quotes", .trade: "trades", .orderBook: "order_books"].compactMapValues {
                setting["retain"]?[$0]?.duration
            },
            predictionAge: setting["retain"]?["predictions"]?.duration,
            learnedAge: setting["retain"]?["learned"]?.duration,
            location: location, security: SecurityReader.settings(setting, baseDirectory: baseDirectory),
            traces: TraceSettings(setting["traces"]),
            plugins: HostReader.settings(setting, baseDirectory: baseDirectory))
    }

    private func instances(_ section: ManifestSection) -> [(instance: InstanceDeclaration, draft: Draft)] {
        drafts[section].compactMap { draft in instance(draft).map { ($0, draft) } }
    }

    private func instance(_ draft: Draft) -> InstanceDeclaration? {
        guard let plugin = draft.plugin else { return nil }
        return InstanceDeclaration(
            id: draft.id, plugin: plugin, descriptor: plugin.descriptor, isEnabled: draft.isEnabled,
            onFailure: draft.setting("on_failure"),
            configuration: InstanceReader.configuration(of: draft), outputs: draft.outputs, location: draft.keySpan,
            setting: draft.setting)
    }

    private func model(_ draft: Draft) -> ModelDeclaration? {
        let resolver = ModelResolver(index: index)
        let target = resolver.target(draft)
        let features = resolver.features(draft)
        guard let instance = instance(draft) else { return nil }
        return ModelDeclaration(
            instance: instance, target: target, members: resolver.members(draft), features: features,
            window: resolver.window(draft), isPerInstrument: draft.setting["per"]?.text == "instrument",
            interval: resolver.interval(draft, target), abstains: draft.setting("abstain"),
            weighting: resolver.weighting(draft),
            seed: UInt64(draft.setting("seed") as Int), threads: draft.setting("threads"),
            validation: resolver.validation(draft),
            search: SearchResolver(index: index, draft: draft).search(target),
            promotion: resolver.promotion(draft), retrain: resolver.retrain(draft))
    }

    private func sink(_ instance: InstanceDeclaration) -> SinkDeclaration {
        let records = instance.setting["records"]?.value
        var kinds: Set<RecordKind> = []
        if case .list(let items) = records {
            for case .text(let word) in items { if let kind = RecordKind(rawValue: word) { kinds.insert(kind) } }
        }
        let setting = instance.setting
        return SinkDeclaration(
            instance: instance, records: kinds,
            queue: QueueDeclaration(
                capacity: setting("queue", "capacity"), full: setting("queue", "full"),
                spillBytes: setting("queue", "spill_bytes")),
            startsNow: instance.setting["from"]?.text == "now")
    }

    /// Every value as one tree.
    private var settings: Setting {
        var children = drafts.version.map { [Setting.Child(name: "version", setting: $0)] } ?? []
        children.append(Setting.Child(name: "host", setting: drafts.host.setting))
        for section in TopLevel.sections {
            let entries = drafts[section].map { Setting.Child(name: $0.id, setting: $0.setting) }
            let setting = DocumentReader.setting(TopLevel.field(section), entries, at: drafts.sectionSpans[section])
            children.append(Setting.Child(name: section.rawValue, setting: setting))
        }
        children += (drafts.risk.map { [Setting.Child(name: "risk", setting: $0)] } ?? [])
        return DocumentReader.setting(TopLevel.document, children, at: .fileStart)
    }
}
