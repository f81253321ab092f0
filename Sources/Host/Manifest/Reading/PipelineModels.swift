import PluginKit

/// Checks that a pipeline has what its models see, and puts them in order.
struct PipelineModels {
    let index: DraftIndex
    let draft: Draft
    let declared: [String: ModelDeclaration]

    private var diagnosis: Diagnosis { index.diagnosis }
    private var place: SourceSpan { draft.setting["models"]?.location ?? draft.keySpan }

    /// Returns the ids of the models, members before those that see them; reports what one sees and the pipeline lacks.
    func models(_ chosen: [Draft], _ indicators: [Draft], _ inputs: [InputDeclaration]) -> [String] {
        let ids = chosen.map(\.id)
        for model in chosen {
            checkFeatures(of: model, indicators, inputs)
            for member in declared[model.id]?.members ?? [] where !ids.contains(member) && isEnabled(.models, member) {
                diagnosis.fault(
                    at: place,
                    "\(draft.who): \(model.who) sees predictions of model/\(member), which the pipeline does not make.",
                    hint: "Add \(member) to 'models'.")
            }
        }
        var ordered: [String] = []
        for id in ids { add(id, among: ids, to: &ordered, path: []) }
        return ordered
    }

    /// Adds a model after its members; a circle is reported elsewhere and ends here.
    private func add(_ id: String, among ids: [String], to ordered: inout [String], path: Set<String>) {
        guard !ordered.contains(id), !path.contains(id), ids.contains(id) else { return }
        for member in declared[id]?.members ?? [] { add(member, among: ids, to: &ordered, path: path.union([id])) }
        ordered.append(id)
    }

    private func checkFeatures(of model: Draft, _ indicators: [Draft], _ inputs: [InputDeclaration]) {
        switch declared[model.id]?.features ?? .all {
        case .all where indicators.isEmpty:
            diagnosis.fault(
                at: place, "\(draft.who): \(model.who) has no features, because no indicator is enabled here.",
                hint: inputs.isEmpty
                    ? "Add indicators, or take the model out."
                    : "Add indicators, or name in its 'features' what the inputs carry: "
                        + "\(inputs.map(\.name).joined(separator: ", ")).")
        case .all: return
        case .named(let names):
            let members = (declared[model.id]?.members ?? []).compactMap { index.find(.models, $0) }
            let present = Set(
                indicators.flatMap(\.featureNames) + inputs.flatMap { [$0.name] + $0.columns }
                    + members.flatMap(\.memberColumns))
            let absent = names.filter { !present.contains($0) && isCheckedHere($0) }
            guard !absent.isEmpty else { return }
            diagnosis.fault(
                at: place,
                "\(draft.who): \(model.who) needs the features \(absent.joined(separator: ", ")), "
                    + "which \(inputs.isEmpty ? "its indicators do not give" : "neither its indicators nor its inputs give").",
                hint: hint(absent, inputs))
        }
    }

    /// What the input that a missing column names does carry.
    private func hint(_ absent: [String], _ inputs: [InputDeclaration]) -> String {
        guard let input = inputs.first(where: { input in absent.contains { $0.hasPrefix("\(input.name).") } }) else {
            return "Add the indicators to the pipeline."
        }
        return "The input \(input.name) carries \(input.columns.joined(separator: ", "))."
    }

    /// A feature of a disabled indicator was reported at the model already.
    private func isCheckedHere(_ feature: String) -> Bool {
        let id = String(feature.prefix { $0 != "." })
        if index.find(.indicators, id) == nil, index.find(.models, id) != nil { return false }
        return index.find(.indicators, id) == nil || isEnabled(.indicators, id)
    }

    private func isEnabled(_ section: ManifestSection, _ id: String) -> Bool {
        index.find(section, id)?.isEnabled ?? false
    }
}
