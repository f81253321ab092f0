import PluginKit

/// Reads how the providers of a route make one answer; reports what names nobody, or would do nothing.
struct ConsentReader {
    /// The entries.
    let index: DraftIndex
    /// The route.
    let draft: Draft

    /// Returns it, for a route of some enabled providers; those of last resort are never asked beside others.
    func consent(among providers: [String]) -> RouteConsent {
        let setting = draft.setting
        var consent = RouteConsent()
        consent.strategy = setting("strategy")
        consent.tolerance = setting("tolerance")
        consent.conflict = setting("conflict")
        consent.fields = fields(among: providers, isMerged: consent.strategy == "merge")
        if let reference = reference(), reference.isEnabled {
            consent.reference = reference.id
            consent.every = setting("reference", "every")
        }
        return consent
    }

    private func fields(among providers: [String], isMerged: Bool) -> [String: String] {
        var fields: [String: String] = [:]
        for child in draft.setting["fields"]?.children ?? [] {
            guard let id = child.setting.text else { continue }
            let place = child.setting.location ?? draft.keySpan
            guard isMerged else {
                index.diagnosis.fault(
                    at: place, "\(draft.who): 'fields' means nothing without 'strategy: merge'.",
                    hint: "Remove it, or set the strategy.")
                return [:]
            }
            guard let provider = index.resolve(.providers, id, at: place, who: draft.who), provider.isEnabled else {
                continue
            }
            guard providers.contains(id) else {
                index.diagnosis.fault(
                    at: place, "\(draft.who): 'fields.\(child.name)' is '\(id)', which is not in 'from'.",
                    hint: "Add it there.")
                continue
            }
            fields[child.name] = id
        }
        return fields
    }

    private func reference() -> Draft? {
        guard let setting = draft.setting["reference"]?["from"], let id = setting.text else { return nil }
        return index.resolve(.providers, id, at: setting.location ?? draft.keySpan, who: draft.who)
    }
}
