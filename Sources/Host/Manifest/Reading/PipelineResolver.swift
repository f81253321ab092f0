import PluginKit
import PredictionTargets

/// Resolves routes and pipelines: which enabled entries they name, and whether these fit together.
struct PipelineResolver {
    /// The entries.
    let index: DraftIndex

    private var diagnosis: Diagnosis { index.diagnosis }

    /// Returns a route; reports unknown providers.
    func route(_ draft: Draft) -> RouteDeclaration {
        let items = draft.setting["from"]?.items ?? []
        let providers = index.resolve(.providers, items: items, who: draft.who, option: "from").filter(\.isEnabled)
        let last = lastResort(of: draft).flatMap { $0.isEnabled ? $0.id : nil }
        return RouteDeclaration(
            id: draft.id, providers: providers.map(\.id).filter { $0 != last } + [last].compactMap(\.self),
            lastResort: last, deadline: draft.setting["deadline"]?.duration, budget: draft.setting["budget"]?.duration,
            hedge: draft.setting["hedge"]?.duration, maxAge: draft.setting["accept"]?["max_age"]?.duration,
            acceptedMissing: draft.setting["accept"]?["missing"]?.number,
            consent: ConsentReader(index: index, draft: draft).consent(among: providers.map(\.id)),
            prices: PriceReader(index: index, draft: draft).prices(), poll: draft.setting["poll"]?.duration,
            silence: draft.setting["silence"]?.duration, location: draft.keySpan)
    }

    /// The provider that is asked last.
    private func lastResort(of draft: Draft) -> Draft? {
        guard let setting = draft.setting["last_resort"], let id = setting.text else { return nil }
        return index.resolve(.providers, id, at: setting.location ?? draft.keySpan, who: draft.who)
    }

    /// Returns a pipeline; reports what it names and cannot have.
    func pipeline(_ draft: Draft, models: [String: ModelDeclaration]) -> PipelineDeclaration {
        let kind = kind(of: draft)
        let indicators = indicators(of: draft, reading: kind)
        let route = route(of: draft)
        let inputs = InputResolver(pipelines: self, draft: draft).inputs(beside: route, indicators.map(\.id))
        let chosen = PipelineModels(index: index, draft: draft, declared: models)
            .models(chosenModels(of: draft, kind), indicators, inputs)
        return PipelineDeclaration(
            id: draft.id, instruments: instruments(of: draft), isListed: isListed(draft), route: route,
            kind: kind,
            timeframe: Self.timeframe(draft.setting),
            shape: shape(of: draft.setting, kind, who: draft.who, at: draft.keySpan),
            inputs: inputs,
            indicators: indicators.map(\.id),
            section: SectionReader(index: index, draft: draft)
                .section(
                    of: indicators, beside: inputs.flatMap(\.columns),
                    measures: chosen.contains { models[$0]?.target.isCrossSectional == true }), models: chosen,
            sinks: selected(.sinks, of: draft).map(\.id),
            riskMaxAge: draft.setting["risk"]?["max_age"]?.duration, location: draft.keySpan)
    }

    private func kind(of draft: Draft) -> EventKind { draft.setting("kind") }

    /// How the bars of a pipeline or an input are built.
    func shape(of setting: Setting, _ kind: EventKind, who: String, at place: SourceSpan) -> ShapeDeclaration? {
        ShapeReader(setting: setting, who: who, place: place, diagnosis: diagnosis).shape(of: kind)
    }

    /// The span of bars that a pipeline or an input says.
    static func timeframe(_ setting: Setting) -> Timeframe { setting("timeframe") }

    private func indicators(of draft: Draft, reading kind: EventKind) -> [Draft] {
        indicators(of: draft.setting, reading: kind, who: draft.who, at: draft.keySpan)
    }

    /// The indicators of a pipeline or an input: those named, which must read its kind of event, or all that do.
    func indicators(of setting: Setting, reading kind: EventKind, who: String, at place: SourceSpan) -> [Draft] {
        let all = selected(.indicators, of: setting, who: who)
        guard let items = setting["indicators"]?.items else { return all.filter { $0.reads == kind } }
        for indicator in all where indicator.reads != kind {
            diagnosis.fault(
                at: items.first { $0.text == indicator.id }?.span ?? place,
                "\(who): \(indicator.who) reads \(indicator.reads.rawValue) events, and 'kind' is \(kind.rawValue).",
                hint: "Take it out, or name it in an input of kind: \(indicator.reads.rawValue).")
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
        selected(section, of: draft.setting, who: draft.who)
    }

    private func selected(_ section: ManifestSection, of setting: Setting, who: String) -> [Draft] {
        guard let items = setting[section.rawValue]?.items else {
            return setting[section.rawValue]?.text == nil ? [] : index.drafts[section].filter(\.isEnabled)
        }
        return index.resolve(section, items: items, who: who, option: section.rawValue).filter(\.isEnabled)
    }

    private func route(of draft: Draft) -> String {
        guard let setting = draft.setting["route"], let id = setting.text else { return "" }
        let kind = draft.setting["shape"]?["from"]?.text.flatMap(EventKind.init(rawValue:)) ?? kind(of: draft)
        check(id, gives: kind, who: draft.who, at: setting.location ?? draft.keySpan)
        return id
    }

    /// Reports a route that is not there, or gives no events of a kind.
    func check(_ id: String, gives kind: EventKind, who: String, at place: SourceSpan) {
        guard let route = index.resolve(.routes, id, at: place, who: who),
            let items = route.setting["from"]?.items, !items.isEmpty
        else { return }
        let last = route.setting["last_resort"]?.text
        let named = items.map(\.text).filter { $0 != last } + [last].compactMap(\.self)
        let providers = named.compactMap { index.find(.providers, $0) }
        check(providers.filter(\.isEnabled), of: route, give: kind, who: who, at: place)
        if !providers.contains(where: \.isEnabled), providers.count == named.count {
            let names = providers.map(\.id).joined(separator: ", ")
            diagnosis.fault(
                at: place, "\(who): \(route.who) has no enabled provider; disabled: \(names).",
                hint: "Enable one of them, or name another in 'from'.")
        }
    }

    /// Whether all enabled providers of a route play the past again; `nil` where that is not known.
    func isReplay(_ route: String) -> Bool? {
        let providers = (index.find(.routes, route)?.setting["from"]?.items ?? [])
            .compactMap { index.find(.providers, $0.text) }.filter(\.isEnabled)
        guard !providers.isEmpty, providers.allSatisfy({ $0.capabilities != nil }) else { return nil }
        return providers.allSatisfy { $0.capabilities?.isReplay == true }
    }

    /// Whether a route is asked for the past of a kind, all of it before anything else goes on.
    func isAsked(_ route: String, for kind: EventKind) -> Bool {
        let first = (index.find(.routes, route)?.setting["from"]?.items ?? []).lazy
            .compactMap { index.find(.providers, $0.text) }.first(where: \.isEnabled)
        guard EventKind.lasting.contains(kind), let can = first?.capabilities else { return false }
        return can.fetches.contains(kind) && !can.streams.contains(kind)
    }

    /// Whether a pipeline says `all` where nothing says who that is: then its source does.
    private func isListed(_ draft: Draft) -> Bool {
        draft.setting["instruments"]?.items == nil && draft.setting["instruments"]?.text != nil
            && index.drafts[.instruments].isEmpty
    }

    /// The first provider of a route must push a pipeline's kind of event, or give it on request where that is no trade; the
    /// others must give it on request.
    private func check(
        _ providers: [Draft], of route: Draft, give kind: EventKind, who: String, at place: SourceSpan
    ) {
        for (position, provider) in providers.enumerated() {
            guard let can = provider.capabilities else { continue }
            let gives =
                EventKind.asked.contains(kind) && can.fetches.contains(kind)
                || position == 0 && can.streams.contains(kind)
            guard !gives else { continue }
            let kinds = position == 0 ? can.streams.union(can.fetches.intersection(EventKind.asked)) : can.fetches
            diagnosis.fault(
                at: place,
                "\(who): \(provider.who) of \(route.who) gives no \(kind.rawValue) events "
                    + (position == 0 ? "to a pipeline." : "on request, as one behind another must."),
                hint: "Its kinds: \(kinds.sorted().map(\.rawValue).joined(separator: ", ")). Name another route.")
        }
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
        if all.isEmpty, !isListed(draft), diagnosis.isClean {
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
}
