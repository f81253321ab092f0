import PluginKit

/// Resolves what a model learns and what it sees.
struct ModelResolver {
    /// The entries.
    let index: DraftIndex

    /// Returns the target of a model; reports none or two.
    func target(_ draft: Draft) -> ModelTarget {
        let target = draft.setting["target"]
        let bars = target?["return"]?.integer
        let volatility = target?["volatility"]?.integer
        if let target, target.value != nil, written(target) != 1 {
            let what = written(target) == 0 ? "names neither" : "names both"
            index.diagnosis.fault(
                at: target.location ?? draft.keySpan, "\(draft.who): 'target' \(what); allowed return or volatility.",
                hint: "Write { return: \"1 bar\" } or { volatility: \"5 bars\" }.")
        }
        return volatility.map { .volatility(bars: $0) } ?? .relativeReturn(bars: bars ?? 1)
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

    private func written(_ target: Setting) -> Int { target.children.count { $0.setting.location != nil } }

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
