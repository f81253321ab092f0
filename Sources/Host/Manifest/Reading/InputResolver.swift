import PluginKit

/// Resolves the inputs beside the driving events of a pipeline.
struct InputResolver {
    let pipelines: PipelineResolver
    let draft: Draft

    private var diagnosis: Diagnosis { pipelines.index.diagnosis }

    /// Returns the inputs in the order of the file; reports what they name and cannot have.
    func inputs(beside route: String, _ indicators: [String]) -> [InputDeclaration] {
        (draft.setting["inputs"]?.children ?? []).compactMap { child in
            check(child, against: indicators)
            return input(child.name, child.setting, beside: route)
        }
    }

    private func input(_ name: String, _ setting: Setting, beside driving: String) -> InputDeclaration? {
        guard let kind = setting["kind"]?.text.flatMap(EventKind.init(rawValue:)) else { return nil }
        let place = setting.location ?? draft.keySpan
        let route = setting["route"]?.text ?? driving
        let who = who(name)
        let shape = pipelines.shape(of: setting, kind, who: who, at: place)
        pipelines.check(route, gives: shape?.source ?? kind, who: who, at: setting["route"]?.location ?? place)
        if pipelines.isReplay(driving) == true, pipelines.isReplay(route) == false,
            !pipelines.isAsked(route, for: shape?.source ?? kind)
        {
            diagnosis.fault(
                at: setting["route"]?.location ?? place,
                "\(who): its route is live, and the pipeline's route plays the past, which would never meet it.",
                hint: "Name a route that plays the past too, or let a live one drive the pipeline.")
        }
        let indicators = pipelines.indicators(of: setting, reading: kind, who: who, at: place)
        for indicator in indicators.filter(\.isDerived) {
            diagnosis.fault(
                at: setting["indicators"]?.items?.first { $0.text == indicator.id }?.span ?? place,
                "\(who): \(indicator.who) is filled in where a pipeline has its rows, and an input makes none.",
                hint: "Name it in 'indicators' of \(draft.who).")
        }
        if kind.carriedFields.isEmpty, indicators.isEmpty, diagnosis.isClean {
            diagnosis.fault(
                at: place, "\(who): it has no indicators, and a \(kind.rawValue) is carried by one that reads it.",
                hint: "Declare one, '{ plugin: figure, item: NAME }', and name it in 'indicators'.")
        }
        let fields = fields(of: setting, kind, who)
        return InputDeclaration(
            name: name, route: route, kind: kind, timeframe: PipelineResolver.timeframe(setting),
            shape: shape, fields: fields, indicators: indicators.map(\.id),
            columns: columns(of: kind, indicators, fields).map { "\(name).\($0)" },
            maxAge: setting["max_age"]?.duration)
    }

    /// What is carried, and the age of it: of figures each indicator has an age of its own.
    private func columns(of kind: EventKind, _ indicators: [Draft], _ fields: [String]) -> [String] {
        let own = indicators.flatMap { (kind == .figure ? ["\($0.id).age"] : []) + $0.featureNames }
        return ["age"] + own + fields
    }

    private func who(_ name: String) -> String { "\(draft.who): inputs.\(name)" }

    /// A name is what its columns begin with, so it is written like an id and is not that of an indicator.
    private func check(_ child: Setting.Child, against indicators: [String]) {
        let place = child.setting.location ?? draft.keySpan
        if !ReadingContext.isID(child.name) {
            diagnosis.fault(
                at: place,
                "\(who(child.name)): the name is none; allowed a-z, 0-9 and _, a letter first, at most 64.",
                hint: "Rename it.")
        }
        if indicators.contains(child.name) {
            diagnosis.fault(
                at: place,
                "\(who(child.name)): an indicator of the pipeline has this name, and columns of both begin with it.",
                hint: "Rename it.")
        }
    }

    private func fields(of setting: Setting, _ kind: EventKind, _ who: String) -> [String] {
        guard let items = setting["fields"]?.items else { return kind.carriedFields }
        var fields: [String] = []
        for item in items {
            if !kind.carriedFields.contains(item.text) {
                diagnosis.fault(
                    at: item.span, "\(who): \(kind.rawValue) events have no field \(quoted(item.text)).",
                    hint: kind.carriedFields.isEmpty
                        ? "Declare an indicator, '{ plugin: figure, item: \(item.text) }', and name it in 'indicators'."
                        : Suggestion.hint(for: item.text, among: kind.carriedFields))
            } else if fields.contains(item.text) {
                diagnosis.fault(
                    at: item.span, "\(who): 'fields' has \(quoted(item.text)) twice.", hint: "Remove one of them.")
            } else {
                fields.append(item.text)
            }
        }
        return fields
    }
}
