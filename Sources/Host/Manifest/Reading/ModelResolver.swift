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
            index.diagnosis.fault(
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

    /// Returns how a model is judged; reports what the kind does not take, or lacks.
    func validation(_ draft: Draft) -> ValidationScheme {
        let plan = draft.setting["validation"]
        let kind = plan?["kind"]?.text.flatMap { ValidationScheme.Kind(rawValue: $0) } ?? .walkForward
        for (name, owner) in [("window", ValidationScheme.Kind.rolling), ("tested", .combinatorial)] {
            guard kind != owner, let place = plan?[name]?.location else { continue }
            index.diagnosis.fault(
                at: place,
                "\(draft.who): 'validation.\(name)' is for the kind \(owner.rawValue), and this is \(kind.rawValue).",
                hint: "Remove it, or write kind: \(owner.rawValue).")
        }
        if kind == .rolling, plan?["window"]?.location == nil {
            index.diagnosis.fault(
                at: plan?["kind"]?.location ?? draft.keySpan,
                "\(draft.who): 'validation.window' is missing: rolling does not know how much to learn from.",
                hint: "Write window: 500, in bars.")
        }
        let scheme = ValidationScheme(
            kind, folds: plan?["folds"]?.integer ?? 5, tested: plan?["tested"]?.integer ?? 2,
            window: plan?["window"]?.integer, embargo: plan?["embargo"]?.integer ?? 5,
            minTrain: plan?["min_train"]?.integer ?? 250)
        let limit = ValidationScheme.limit
        if scheme.tested >= scheme.folds || scheme.tests > limit {
            index.diagnosis.fault(
                at: plan?["tested"]?.location ?? plan?["folds"]?.location ?? draft.keySpan,
                "\(draft.who): \(scheme.tested) of \(scheme.folds) stretches tested together make \(scheme.tests) fits; allowed 1...\(limit), "
                    + "and fewer tested than there are.",
                hint: "Lower 'folds' or 'tested'; folds: 6 and tested: 2 make 15 fits.")
        }
        return scheme
    }

    /// Returns the features of a model; reports unknown ones, disabled ones and ones given twice.
    func features(_ draft: Draft) -> FeatureSelection {
        guard let items = draft.setting["features"]?.items else { return .all }
        if items.isEmpty {
            index.diagnosis.fault(
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
                    index.diagnosis.fault(
                        at: item.span, "\(draft.who): 'features' has \(quoted(name)) twice.",
                        hint: "Remove one of them.")
                }
            }
        }
        return .named(names)
    }

    private func columns(_ name: String, at span: SourceSpan, of model: Draft) -> [String] {
        let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let indicator = index.resolve(.indicators, parts[0], at: span, who: model.who) else { return [] }
        if model.isEnabled, !indicator.isEnabled {
            index.diagnosis.fault(
                at: span, "\(model.who): the feature \(quoted(name)) needs \(indicator.who), which is disabled.",
                hint: "Enable it, or remove the feature.")
        }
        let outputs = indicator.outputs.map(\.name)
        guard parts.count == 2, !outputs.isEmpty else { return indicator.featureNames }
        guard outputs.contains(parts[1]) else {
            index.diagnosis.fault(
                at: span, "\(model.who): \(indicator.who) has no output \(quoted(parts[1])).",
                hint: Suggestion.hint(for: parts[1], among: outputs))
            return []
        }
        return outputs.count == 1 ? [indicator.id] : [name]
    }
}
