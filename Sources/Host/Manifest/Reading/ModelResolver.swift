import PluginKit
import PredictionTargets

/// Resolves what a model learns and what it sees.
struct ModelResolver {
    /// The entries.
    let index: DraftIndex

    /// Returns the target of a model; reports none or several.
    func target(_ draft: Draft) -> Target {
        let target = draft.setting["target"]
        let written = Target.Kind.allCases.filter { target?[$0.rawValue]?.location != nil }
        if let target, target.value != nil, written.count != 1 {
            let names = Target.Kind.allCases.map(\.rawValue).joined(separator: ", ")
            diagnosis.fault(
                at: target.location ?? draft.keySpan,
                "\(draft.who): 'target' names \(written.isEmpty ? "none" : "more than one"); allowed one of \(names).",
                hint: "Write { return: \"1 bar\" } or { volatility: \"5 bars\" }.")
        }
        let kind = written.first ?? .relativeReturn
        let setting = target?[kind.rawValue]
        let bars = kind.ratios.isEmpty ? setting?.integer : setting?["bars"]?.integer
        return Target(
            kind, bars: bars ?? kind.bars.lowerBound,
            ratios: kind.ratios.map { setting?[$0.name]?.number ?? $0.standard })
    }

    /// Returns the coverage of a model's intervals; reports a target that has none.
    func interval(_ draft: Draft, _ target: Target) -> Double? {
        guard let written = draft.setting["interval"], let location = written.location else { return nil }
        if target.isClass || target.isCrossSectional {
            diagnosis.fault(
                at: location,
                "\(draft.who): 'interval' needs the outcome of each prediction, a number known from its instrument alone, and 'target' "
                    + "is \(target.kind.rawValue); allowed return, net_return, volatility.",
                hint: "Remove 'interval', or change 'target'.")
        }
        return written.number
    }

    /// Returns how many bars a model sees together; reports more than one where its plugin takes rows of one bar.
    func window(_ draft: Draft) -> Int {
        guard let written = draft.setting["window"], let steps = written.integer, steps > 1 else { return 1 }
        let descriptor = draft.plugin?.descriptor
        if let location = written.location, descriptor?.combines == true || descriptor?.learns == true {
            diagnosis.fault(
                at: location,
                "\(draft.who): 'window' is \(steps), and its plugin "
                    + "\(descriptor?.combines == true ? "combines predictions" : "learns") bar by bar; allowed 1.",
                hint: "Remove 'window'.")
        }
        return steps
    }

    /// Returns how much each row counts; reports a plugin to which all count alike, and a mapping that says nothing.
    func weighting(_ draft: Draft) -> RowWeighting? {
        guard let written = draft.setting["weights"], let location = written.location else { return nil }
        let weighting = RowWeighting(
            halfLife: written["half_life"]?.integer, isByUniqueness: written["uniqueness"]?.value == .boolean(true))
        if let plugin = draft.plugin?.descriptor, !plugin.weighs {
            diagnosis.fault(
                at: location,
                "\(draft.who): 'weights' is given, and to its plugin \(plugin.name) all rows count alike.",
                hint: "Remove 'weights', or use gradient_boosting, linear, random_forest, ridge or xgboost.")
        } else if weighting.description.isEmpty {
            diagnosis.fault(
                at: location, "\(draft.who): 'weights' names neither 'half_life' nor 'uniqueness'.",
                hint: "Write { half_life: 250 } or { uniqueness: true }, or remove it.")
        }
        return weighting
    }

    /// Returns how a model is judged; reports what the kind does not take, or lacks.
    func validation(_ draft: Draft) -> ValidationScheme {
        let plan = draft.setting["validation"]
        let kind: ValidationScheme.Kind = draft.setting("validation", "kind")
        for (name, owner) in [("window", ValidationScheme.Kind.rolling), ("tested", .combinatorial)] {
            guard kind != owner, let place = plan?[name]?.location else { continue }
            diagnosis.fault(
                at: place,
                "\(draft.who): 'validation.\(name)' is for the kind \(owner.rawValue), and this is \(kind.rawValue).",
                hint: "Remove it, or write kind: \(owner.rawValue).")
        }
        if kind == .rolling, plan?["window"]?.location == nil {
            diagnosis.fault(
                at: plan?["kind"]?.location ?? draft.keySpan,
                "\(draft.who): 'validation.window' is missing: rolling does not know how much to learn from.",
                hint: "Write window: 500, in bars.")
        }
        let scheme = ValidationScheme(
            kind, folds: draft.setting("validation", "folds"), tested: plan?["tested"]?.integer ?? 2,
            window: plan?["window"]?.integer, embargo: draft.setting("validation", "embargo"),
            minTrain: draft.setting("validation", "min_train"), holdout: draft.setting("validation", "holdout"))
        let limit = ValidationScheme.limit
        if scheme.tested >= scheme.folds || scheme.tests > limit {
            diagnosis.fault(
                at: plan?["tested"]?.location ?? plan?["folds"]?.location ?? draft.keySpan,
                "\(draft.who): \(scheme.tested) of \(scheme.folds) stretches tested together make \(scheme.tests) fits; allowed 1...\(limit), "
                    + "and fewer tested than there are.",
                hint: "Lower 'folds' or 'tested'; folds: 6 and tested: 2 make 15 fits.")
        }
        return scheme
    }

    /// Returns when another version may take the champion's place; `nil` where the manifest does not say.
    func promotion(_ draft: Draft) -> PromotionScheme? {
        guard let setting = draft.setting["promotion"], setting.location != nil else { return nil }
        let back = setting["rollback"].flatMap { $0.location == nil ? nil : $0 }
        let rollback = back.map { PromotionScheme.Rollback(band: $0("band"), bars: $0("bars")) }
        return PromotionScheme(
            metric: setting("metric"), margin: setting("margin"), test: setting("test"),
            minSamples: setting("min_samples"),
            requiresLeakageCheck: setting["leakage"]?.text != "reported", rollback: rollback)
    }

    /// Returns when a model is fitted again while it serves; reports a plugin that learns from each bar by itself.
    func retrain(_ draft: Draft) -> RetrainScheme? {
        guard let setting = draft.setting["retrain"], let location = setting.location,
            let every = setting["every"]?.text.flatMap({ RetrainScheme.Occasion($0) })
        else { return nil }
        if draft.plugin?.descriptor.learns == true {
            diagnosis.fault(
                at: location, "\(draft.who): 'retrain' is given, and its plugin learns from each bar while it serves.",
                hint: "Remove 'retrain'.")
        }
        return RetrainScheme(every: every, window: setting["window"]?.duration)
    }

    /// Returns the members of a model; reports ones given twice, and that a plugin which combines models has none. That they are
    /// there, are enabled and lead in no circle is checked of every reference.
    func members(_ draft: Draft) -> [String] {
        let items = draft.setting["members"]?.items ?? []
        if draft.setting["members"]?.location == nil, draft.plugin?.descriptor.combines == true {
            diagnosis.fault(
                at: draft.keySpan, "\(draft.who): 'members' is missing: its plugin combines other models.",
                hint: "Write members: [a, b] with the ids of models.")
        }
        var seen: Set<String> = []
        for item in items where !seen.insert(item.text).inserted {
            diagnosis.fault(
                at: item.span, "\(draft.who): 'members' has \(quoted(item.text)) twice.", hint: "Remove one of them.")
        }
        return items.map(\.text)
    }

    private var diagnosis: Diagnosis { index.diagnosis }

    /// Returns the features of a model; reports unknown ones, disabled ones and ones given twice.
    func features(_ draft: Draft) -> FeatureSelection {
        let hasMembers = draft.setting["members"]?.items?.isEmpty == false
        guard let items = draft.setting["features"]?.items else {
            return hasMembers && draft.setting["features"]?.location == nil ? .named([]) : .all
        }
        if items.isEmpty, !hasMembers {
            diagnosis.fault(
                at: draft.setting["features"]?.location ?? draft.keySpan, "\(draft.who): 'features' is empty.",
                hint: "Write all, or name indicators.")
        }
        var names: [String] = []
        var seen: Set<String> = []
        for item in items {
            for name in columns(item.text, at: item.span, of: draft) {
                if seen.insert(name).inserted {
                    names.append(name)
                } else {
                    diagnosis.fault(
                        at: item.span, "\(draft.who): 'features' has \(quoted(name)) twice.",
                        hint: "Remove one of them.")
                }
            }
        }
        return .named(names)
    }

    /// Whether a pipeline has an input of this name; what it carries there is checked at the pipeline.
    private func isInput(_ name: String) -> Bool {
        index.drafts[.pipelines].contains { $0.setting["inputs"]?.children.contains { $0.name == name } == true }
    }

    /// Reports a feature that is no column of a member.
    private func checkColumn(_ name: String, of other: Draft, at span: SourceSpan, _ model: Draft) {
        guard model.setting["members"]?.items?.contains(where: { $0.text == other.id }) == true else {
            diagnosis.fault(
                at: span,
                "\(model.who): the feature \(quoted("\(other.id).\(name)")) is of \(other.who), which is no member.",
                hint: "Add \(other.id) to 'members'.")
            return
        }
        let outputs = other.memberColumns
        guard !outputs.contains("\(other.id).\(name)") else { return }
        diagnosis.fault(
            at: span, "\(model.who): \(other.who) has no column \(quoted(name)).",
            hint: "It gives \(outputs.joined(separator: ", ")); the first is there as a member's prediction.")
    }

    private func columns(_ name: String, at span: SourceSpan, of model: Draft) -> [String] {
        let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        if index.find(.indicators, parts[0]) == nil {
            if isInput(parts[0]) { return [name] }
            if let other = index.find(.models, parts[0]) {
                checkColumn(parts.count == 2 ? parts[1] : "", of: other, at: span, model)
                return [name]
            }
        }
        guard let indicator = index.resolve(.indicators, parts[0], at: span, who: model.who) else { return [] }
        if model.isEnabled, !indicator.isEnabled {
            diagnosis.fault(
                at: span, "\(model.who): the feature \(quoted(name)) needs \(indicator.who), which is disabled.",
                hint: "Enable it, or remove the feature.")
        }
        let outputs = indicator.outputs.map(\.name)
        guard parts.count == 2, !outputs.isEmpty else { return indicator.featureNames }
        guard outputs.contains(parts[1]) else {
            diagnosis.fault(
                at: span, "\(model.who): \(indicator.who) has no output \(quoted(parts[1])).",
                hint: Suggestion.hint(for: parts[1], among: outputs))
            return []
        }
        return outputs.count == 1 ? [indicator.id] : [name]
    }
}

extension Draft {
    /// The columns of a model, as those see them that it is a member of.
    var memberColumns: [String] { plugin?.descriptor.outputs.map { "\(id).\($0.name)" } ?? [] }
}
