import PluginKit

/// Resolves strategies: their pipeline, what they decide by, and what they may trade.
struct StrategyResolver {
    /// The entries.
    let index: DraftIndex
    let pipelines: [PipelineDeclaration]
    let models: [ModelDeclaration]
    let indicators: [IndicatorDeclaration]

    private var diagnosis: Diagnosis { index.diagnosis }

    /// Returns a strategy; reports what it names and is not there. `nil` where it has no pipeline.
    func strategy(_ draft: Draft) -> StrategyDeclaration? {
        guard let pipeline = pipeline(of: draft), let from = draft.setting["from"]?.text,
            let rule = draft.setting["rule"]?.text.flatMap({ StrategyDeclaration.Rule(rawValue: $0) })
        else { return nil }
        checkSource(from, draft, pipeline)
        var strategy = StrategyDeclaration(
            id: draft.id, pipeline: pipeline.id, from: from, rule: rule, universe: universe(of: draft, pipeline))
        for child in draft.setting.children.flatMap({ [$0] + $0.setting.children }) {
            if let value = child.setting.value { strategy.take(child.name, value) }
        }
        strategy.isEnabled = draft.isEnabled
        readNames(of: draft, into: &strategy.venue)
        strategy.benchmark = benchmark(of: draft, pipeline)
        checkThreshold(strategy, draft)
        return strategy
    }

    private func pipeline(of draft: Draft) -> PipelineDeclaration? {
        guard let setting = draft.setting["pipeline"], let id = setting.text else {
            if pipelines.count == 1 { return checked(pipelines[0], draft, draft.keySpan) }
            fault(
                draft, "pipeline", "'pipeline' is missing, and there are \(pipelines.count).",
                Suggestion.list(pipelines.map(\.id)))
            return nil
        }
        let place = setting.location ?? draft.keySpan
        guard index.resolve(.pipelines, id, at: place, who: draft.who) != nil else { return nil }
        return pipelines.first { $0.id == id }.flatMap { checked($0, draft, place) }
    }

    private func checked(
        _ pipeline: PipelineDeclaration, _ draft: Draft, _ place: SourceSpan
    ) -> PipelineDeclaration? {
        guard pipeline.kind != .bar else { return pipeline }
        diagnosis.fault(
            at: place,
            "\(draft.who): pipeline/\(pipeline.id) is of \(pipeline.kind.rawValue) events; orders are filled at bars.",
            hint: "Name a pipeline of kind: bar.")
        return nil
    }

    /// A name must be that of a model or a column; anything else is a formula, which is read when it is computed.
    private func checkSource(_ from: String, _ draft: Draft, _ pipeline: PipelineDeclaration) {
        let isName = from.utf8.allSatisfy {
            ($0 >= 0x61 && $0 <= 0x7A) || ($0 >= 0x30 && $0 <= 0x39) || $0 == 0x5F || $0 == 0x2E
        }
        let own = pipeline.indicators.flatMap { id in
            indicators.first { $0.instance.id == id }?.featureNames ?? []
        }
        let known = pipeline.models + own + pipeline.inputs.flatMap(\.columns)
        let bars = ["open", "high", "low", "close", "volume"]
        guard isName, !from.isEmpty, !(known + bars).contains(from) else { return }
        if let model = models.first(where: { $0.instance.id == from }) {
            fault(
                draft, "from",
                "model/\(from) is \(model.instance.isEnabled ? "not in pipeline/\(pipeline.id)" : "disabled").",
                "Name one of the pipeline's: \(pipeline.models.joined(separator: ", ")).")
        } else {
            fault(
                draft, "from", "\(quoted(from)) is no model or column of pipeline/\(pipeline.id).",
                Suggestion.hint(for: from, among: known) + " A formula is written as sma(10) - sma(30).")
        }
    }

    private func universe(of draft: Draft, _ pipeline: PipelineDeclaration) -> [Instrument] {
        guard let items = draft.setting["universe"]?.items else { return pipeline.instruments }
        var wanted: [Instrument] = []
        for item in items {
            if let group = index.find(.instruments, item.text) {
                wanted += InstrumentReader.instruments(of: group)
            } else if let instrument = instrument(item.text, at: item.span, draft, "universe", pipeline) {
                wanted.append(instrument)
            }
        }
        // Of a pipeline that takes what its source lists nobody knows yet who that is.
        let found = pipeline.isListed ? wanted.unique : pipeline.instruments.filter(Set(wanted).contains)
        if found.isEmpty, diagnosis.isClean {
            fault(
                draft, "universe", "'universe' has no instrument of pipeline/\(pipeline.id).",
                "Name some of its instruments.")
        }
        return found
    }

    private func benchmark(of draft: Draft, _ pipeline: PipelineDeclaration) -> Instrument? {
        guard let setting = draft.setting["benchmark"], let text = setting.text else { return nil }
        return instrument(text, at: setting.location ?? draft.keySpan, draft, "benchmark", pipeline)
    }

    /// Reads a name; reports one that is none, or of no instrument of the pipeline.
    private func instrument(
        _ text: String, at place: SourceSpan, _ draft: Draft, _ option: String, _ pipeline: PipelineDeclaration
    ) -> Instrument? {
        let found = try? Instrument(parsing: text)
        if let found, pipeline.isListed || pipeline.instruments.contains(found) { return found }
        diagnosis.fault(
            at: place,
            "\(draft.who): '\(option)' has \(quoted(text)), which is no instrument of pipeline/\(pipeline.id).",
            hint: Suggestion.hint(for: text, among: pipeline.instruments.map(\.description)))
        return nil
    }

    private func readNames(of draft: Draft, into venue: inout StrategyDeclaration.Venue) {
        let setting = draft.setting["venue"]
        venue.lots = byInstrument(setting?["lots"], draft, "lots") { $0.integer }
        venue.listed = byInstrument(setting?["listed"], draft, "listed") { setting in
            setting.text.flatMap { checkedDay($0, setting, draft) }
        }
        venue.warned = byInstrument(setting?["warned"], draft, "warned") { setting in
            setting.items.map { $0.map(\.text).filter { checkedStretch($0, setting, draft) } }
        }
    }

    private func byInstrument<Value>(
        _ setting: Setting?, _ draft: Draft, _ option: String, _ value: (Setting) -> Value?
    ) -> [Instrument: Value] {
        var found: [Instrument: Value] = [:]
        for child in setting?.children ?? [] {
            guard let instrument = try? Instrument(parsing: child.name) else {
                diagnosis.fault(
                    at: child.setting.location ?? draft.keySpan,
                    "\(draft.who): 'venue.\(option)' has \(quoted(child.name)), which is no instrument.",
                    hint: "Write CODE.VENUE.")
                continue
            }
            found[instrument] = value(child.setting)
        }
        return found
    }

    private func checkedDay(_ text: String, _ setting: Setting, _ draft: Draft) -> String? {
        if StrategyDeclaration.days(text) != nil { return text }
        diagnosis.fault(
            at: setting.location ?? draft.keySpan, "\(draft.who): 'venue.listed' has \(quoted(text)), which is no day.",
            hint: "Write it as 2019-07-22.")
        return nil
    }

    private func checkedStretch(_ text: String, _ setting: Setting, _ draft: Draft) -> Bool {
        if StrategyDeclaration.stretch(text) != nil { return true }
        diagnosis.fault(
            at: setting.location ?? draft.keySpan,
            "\(draft.who): 'venue.warned' has \(quoted(text)), which is no stretch of days.",
            hint: "Write it as 2019-04-30..2020-06-01.")
        return false
    }

    private func checkThreshold(_ strategy: StrategyDeclaration, _ draft: Draft) {
        if let exit = strategy.exit, exit > strategy.enter {
            fault(
                draft, "exit",
                "'exit' is \(exit), above 'enter', which is \(strategy.enter): what was bought would be sold at once.",
                "Lower 'exit'.")
        }
        if let keep = strategy.keep, keep < strategy.count {
            fault(
                draft, "keep", "'keep' is \(keep), below 'k', which is \(strategy.count).",
                "Raise 'keep', or remove it.")
        }
    }

    private func fault(_ draft: Draft, _ option: String, _ message: String, _ hint: String) {
        diagnosis.fault(
            at: draft.setting[option]?.location ?? draft.keySpan, "\(draft.who): \(message)", hint: hint)
    }
}

extension [Instrument] {
    /// The same without those that came before.
    fileprivate var unique: [Instrument] {
        var seen: Set<Instrument> = []
        return filter { seen.insert($0).inserted }
    }
}
