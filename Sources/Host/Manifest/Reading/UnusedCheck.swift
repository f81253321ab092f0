import PluginKit

/// Warns of what is declared, enabled and used by nothing, and of records that nothing gives.
struct UnusedCheck {
    /// The entries.
    let index: DraftIndex
    /// The manifest that was made of them.
    let manifest: Manifest

    /// Reports a warning for each.
    func run() {
        let pipelines = manifest.pipelines
        let routes = Set(pipelines.flatMap(\.routes))
        let providers = Set(manifest.routes.flatMap(\.everyProvider))
        let referenced = Set(manifest.instances.flatMap { references(in: $0.setting) })
        warn(.providers, unless: providers.union(referenced), "in no route")
        warn(.routes, unless: routes, "in no pipeline")
        warn(.indicators, unless: Set(pipelines.flatMap(\.allIndicators)).union(referenced), "in no pipeline")
        warn(.models, unless: Set(pipelines.flatMap(\.models)).union(referenced), "in no pipeline")
        warn(
            .sinks, unless: Set(pipelines.flatMap(\.sinks) + (manifest.risk?.sinks ?? [])).union(referenced),
            "in no pipeline")
        for sink in manifest.sinks { warnOfRecords(sink) }
        let instruments = Set(pipelines.flatMap(\.instruments))
        for group in manifest.instruments where !group.instruments.contains(where: instruments.contains) {
            index.diagnosis.warning(at: group.location, "instruments/\(group.id): it is used in no pipeline.")
        }
    }

    private func warn(_ section: ManifestSection, unless used: Set<String>, _ what: String) {
        for draft in index.drafts[section] where draft.isEnabled && !used.contains(draft.id) {
            index.diagnosis.warning(
                at: draft.keySpan, "\(draft.who): it is used \(what).",
                hint: section == .routes ? "Name it, or remove it." : "Name it, or set enabled: false.")
        }
    }

    /// Warns of kinds that a sink asks for in the file, and that none of its pipelines gives.
    private func warnOfRecords(_ sink: SinkDeclaration) {
        let pipelines = manifest.pipelines.filter { $0.sinks.contains(sink.instance.id) }
        guard let records = sink.instance.setting["records"], records.origin != .schemaDefault, !pipelines.isEmpty
        else { return }
        let given = pipelines.reduce(into: Set<RecordKind>()) { $0.formUnion($1.records) }
        let missing = RecordKind.allCases.filter { sink.records.contains($0) && !given.contains($0) }
        guard !missing.isEmpty else { return }
        index.diagnosis.warning(
            at: sink.instance.location,
            "sink/\(sink.instance.id): no pipeline gives it \(missing.map(\.rawValue).joined(separator: ", ")); given are "
                + "\(RecordKind.allCases.filter(given.contains).map(\.rawValue).joined(separator: ", ")).",
            hint: "Take them out of 'records', or add to the pipeline what makes them.")
    }

    private func references(in setting: Setting) -> [String] {
        if case .reference = setting.field.type, let id = setting.text { return [id] }
        return setting.children.flatMap { references(in: $0.setting) }
    }
}
