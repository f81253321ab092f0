import CrossSections
import PluginKit

/// Reads what compares the instruments of a pipeline.
struct SectionReader {
    /// The entries.
    let index: DraftIndex
    /// The pipeline.
    let draft: Draft

    /// Returns what compares; `nil` where no indicator does; reports columns and groups that are not there.
    func section(of indicators: [Draft]) -> SectionDeclaration? {
        let crossing = indicators.filter(\.isCrossing)
        guard !crossing.isEmpty else { return nil }
        let columns = indicators.filter { !$0.isCrossing }.flatMap(\.featureNames)
        for indicator in crossing { check(indicator, columns) }
        let groups = crossing.map { ($0.id, self.groups(of: $0)) }
        let options = crossing.map { ($0.id, CanonicalText.of(.map(InstanceReader.configuration(of: $0).values))) }
        return SectionDeclaration(
            wait: draft.setting["wait"]?.duration ?? .seconds(5),
            columns: Dictionary(options, uniquingKeysWith: { first, _ in first }),
            groups: Dictionary(groups, uniquingKeysWith: { first, _ in first }))
    }

    private func groups(of indicator: Draft) -> [[Instrument]] {
        (indicator.setting["by"]?.items ?? []).map { item in
            index.find(.instruments, item.text).map(InstrumentReader.instruments) ?? []
        }
    }

    private func check(_ indicator: Draft, _ columns: [String]) {
        let of = indicator.setting["of"]
        if let name = of?.text, !columns.contains(name) {
            index.diagnosis.fault(
                at: of?.location ?? indicator.keySpan,
                "\(indicator.who): 'of' is \(quoted(name)), which is no column of the indicators of \(draft.who).",
                hint: Suggestion.hint(for: name, among: columns))
        }
        var seen: Set<String> = []
        for item in indicator.setting["by"]?.items ?? [] where seen.insert(item.text).inserted {
            _ = index.resolve(.instruments, item.text, at: item.span, who: indicator.who)
        }
    }
}

extension Draft {
    /// Whether it is a column that compares instruments.
    var isCrossing: Bool { plugin?.descriptor.id == CrossColumn.descriptor.id }
}
