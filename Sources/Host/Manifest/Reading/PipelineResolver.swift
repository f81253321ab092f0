import PluginKit

/// Resolves routes and pipelines: which enabled entries they name, and whether these fit together.
struct PipelineResolver {
    /// The entries.
    let index: DraftIndex

    private var diagnosis: Diagnosis { index.diagnosis }

    /// Returns a route; reports unknown providers and more than one that is enabled.
    func route(_ draft: Draft) -> RouteDeclaration {
        let items = draft.setting["from"]?.items ?? []
        let providers = index.resolve(.providers, items: items, who: draft.who, option: "from").filter(\.isEnabled)
        if providers.count > 1, let second = items.first(where: { $0.text == providers[1].id }) {
            diagnosis.fault(
                at: second.span,
                "\(draft.who): 'from' has \(providers.count) enabled providers "
                    + "(\(providers.map(\.id).joined(separator: ", "))); allowed one.",
                hint: "Set enabled: false at the others.")
        }
        return RouteDeclaration(
            id: draft.id, providers: providers.map(\.id), maxAge: draft.setting["accept"]?["max_age"]?.duration,
            maxJump: draft.setting["accept"]?["max_jump"]?.number ?? 50, poll: draft.setting["poll"]?.duration,
            silence: draft.setting["silence"]?.duration, location: draft.keySpan)
    }

    /// Returns a pipeline; reports what it names and cannot have.
    func pipeline(_ draft: Draft, models: [String: FeatureSelection]) -> PipelineDeclaration {
        let kind = kind(of: draft)
        let indicators = indicators(of: draft, reading: kind)
        let chosen = chosenModels(of: draft, kind)
        for model in chosen {
            checkFeatures(models[model.id] ?? .all, of: model, indicators: indicators, in: draft)
        }
        return PipelineDeclaration(
            id: draft.id, instruments: instruments(of: draft), route: route(of: draft), kind: kind,
            timeframe: draft.setting["timeframe"]?.text.flatMap { Timeframe($0) } ?? Timeframe(1, .day),
            indicators: indicators.map(\.id), models: chosen.map(\.id), sinks: selected(.sinks, of: draft).map(\.id),
            riskMaxAge: draft.setting["risk"]?["max_age"]?.duration, location: draft.keySpan)
    }

    private func kind(of draft: Draft) -> EventKind {
        draft.setting["kind"]?.text.flatMap(EventKind.init(rawValue:)) ?? .bar
    }

    /// The pipeline's indicators: those named, which must read its kind of event, or all that do.
    private func indicators(of draft: Draft, reading kind: EventKind) -> [Draft] {
        let all = selected(.indicators, of: draft)
        guard let items = draft.setting["indicators"]?.items else { return all.filter { $0.reads == kind } }
        for indicator in all where indicator.reads != kind {
            let place = items.first { $0.text == indicator.id }?.span ?? draft.keySpan
            diagnosis.fault(
                at: place,
                "\(draft.who): \(indicator.who) reads \(indicator.reads.rawValue) events, and the pipeline's 'kind' is "
                    + "\(kind.rawValue).",
                hint: "Take it out, or give it a pipeline of kind: \(indicator.reads.rawValue).")
        }
        return all.filter { $0.reads == kind }
    }

    /// The pipeline's models: a pipeline of another kind than bars has none.
    private func chosenModels(of draft: Draft, _ kind: EventKind) -> [Draft] {
        guard kind != .bar else { return selected(.models, of: draft) }
        if let items = draft.setting["models"]?.items, let first = items.first {
            diagnosis.fault(
                at: first.span,
                "\(draft.who): models are fitted on bars, and the pipeline's 'kind' is \(kind.rawValue).",
                hint: "Write models: [].")
        }
        return []
    }

    private func selected(_ section: ManifestSection, of draft: Draft) -> [Draft] {
        guard let items = draft.setting[section.rawValue]?.items else {
            return draft.setting[section.rawValue]?.text == nil ? [] : index.drafts[section].filter(\.isEnabled)
        }
        return index.resolve(section, items: items, who: draft.who, option: section.rawValue).filter(\.isEnabled)
    }

    private func route(of draft: Draft) -> String {
        guard let setting = draft.setting["route"], let id = setting.text else { return "" }
        let place = setting.location ?? draft.keySpan
        guard let route = index.resolve(.routes, id, at: place, who: draft.who),
            let items = route.setting["from"]?.items, !items.isEmpty
        else { return id }
        let providers = items.compactMap { index.find(.providers, $0.text) }
        let kind = kind(of: draft)
        if let provider = providers.first(where: \.isEnabled), let can = provider.capabilities,
            !can.streams.contains(kind), kind != .bar || !can.fetches.contains(.bar)
        {
            diagnosis.fault(
                at: place,
                "\(draft.who): \(provider.who) of \(route.who) gives no \(kind.rawValue) events to a pipeline.",
                hint: "Its kinds: \(can.streams.sorted().map(\.rawValue).joined(separator: ", ")). Name another route.")
        }
        if !providers.contains(where: \.isEnabled), providers.count == items.count {
            let names = providers.map(\.id).joined(separator: ", ")
            diagnosis.fault(
                at: place, "\(draft.who): \(route.who) has no enabled provider; disabled: \(names).",
                hint: "Enable one of them, or name another in 'from'.")
        }
        return id
    }

    private func instruments(of draft: Draft) -> [Instrument] {
        guard let setting = draft.setting["instruments"], setting.value != nil else { return [] }
        var seen: Set<Instrument> = []
        let all: [Instrument]
        if let items = setting.items {
            all = items.flatMap { instruments($0.text, at: $0.span, of: draft) }
        } else {
            all = index.drafts[.instruments].flatMap(InstrumentReader.instruments)
        }
        if all.isEmpty, diagnosis.isClean {
            diagnosis.fault(
                at: setting.location ?? draft.keySpan, "\(draft.who): 'instruments' names no instrument.",
                hint: "Name groups or symbols.")
        }
        return all.filter { seen.insert($0).inserted }
    }

    /// A word in lower case that is no A-share is meant as a group, so a misspelt group is no US symbol.
    private func instruments(_ text: String, at span: SourceSpan, of draft: Draft) -> [Instrument] {
        if let group = index.find(.instruments, text) { return InstrumentReader.instruments(of: group) }
        let isGroupName = text.utf8.allSatisfy {
            ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x5F
        }
        let isPrefixed = text.utf8.count == 8 && ["sh", "sz", "bj"].contains(text.prefix(2))
        if isGroupName, !isPrefixed, text.utf8.contains(where: { $0 >= 0x61 }) {
            _ = index.resolve(.instruments, text, at: span, who: draft.who)
            return []
        }
        do {
            return [try Instrument(parsing: text)]
        } catch {
            diagnosis.fault(at: span, "\(draft.who): \(InstrumentReader.withoutSubject(error.message))")
            return []
        }
    }

    private func checkFeatures(
        _ features: FeatureSelection, of model: Draft, indicators: [Draft], in draft: Draft
    ) {
        let place = draft.setting["models"]?.location ?? draft.keySpan
        switch features {
        case .all where indicators.isEmpty:
            diagnosis.fault(
                at: place, "\(draft.who): \(model.who) has no features, because no indicator is enabled here.",
                hint: "Add indicators, or take the model out.")
        case .all: return
        case .named(let names):
            let present = Set(indicators.flatMap(\.featureNames))
            let absent = names.filter { !present.contains($0) && isEnabled($0) }
            guard !absent.isEmpty else { return }
            diagnosis.fault(
                at: place,
                "\(draft.who): \(model.who) needs the features \(absent.joined(separator: ", ")), "
                    + "which its indicators do not give.",
                hint: "Add the indicators to the pipeline.")
        }
    }

    /// A feature of a disabled indicator was reported at the model already.
    private func isEnabled(_ feature: String) -> Bool {
        let id = feature.prefix { $0 != "." }
        return index.find(.indicators, String(id))?.isEnabled ?? false
    }
}
