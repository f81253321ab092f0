import PluginKit
import RowColumns

/// Reads what follows from the columns of a pipeline's rows: what compares its instruments, and formulas.
struct SectionReader {
    /// The entries.
    let index: DraftIndex
    /// The pipeline.
    let draft: Draft

    /// Returns what compares; `nil` where nothing does; reports columns and groups that are not there.
    ///
    /// - Parameters:
    ///   - beside: the columns of inputs.
    ///   - measures: whether a model's target compares instruments.
    func section(of indicators: [Draft], beside: [String], measures: Bool) -> SectionDeclaration? {
        let derived = indicators.filter(\.isDerived)
        let columns = indicators.flatMap(\.featureNames) + beside + [rowPrice]
        for indicator in derived { checkSources(of: indicator, among: columns) }
        checkCircles(derived)
        let crossing = derived.filter(\.isCrossing)
        guard measures || !crossing.isEmpty else { return nil }
        for indicator in crossing { checkGroups(of: indicator) }
        let groups = crossing.map { ($0.id, self.groups(of: $0)) }
        let options = crossing.map { ($0.id, CanonicalText.of(.map(InstanceReader.configuration(of: $0).values))) }
        return SectionDeclaration(
            wait: draft.setting("wait"),
            columns: Dictionary(options, uniquingKeysWith: { first, _ in first }),
            groups: Dictionary(groups, uniquingKeysWith: { first, _ in first }))
    }

    private func groups(of indicator: Draft) -> [[Instrument]] {
        (indicator.setting["by"]?.items ?? []).map { item in
            index.find(.instruments, item.text).map(InstrumentReader.instruments) ?? []
        }
    }

    /// The option that names what a derived column reads.
    private static func option(of indicator: Draft) -> String {
        indicator.isCrossing ? "of" : indicator.reads == .trade ? "quotes" : "derive"
    }

    private func checkSources(of indicator: Draft, among columns: [String]) {
        let option = Self.option(of: indicator)
        let place = indicator.setting[option]?.location ?? indicator.keySpan
        for name in indicator.sources where !columns.contains(name) {
            index.diagnosis.fault(
                at: place,
                "\(indicator.who): '\(option)' names \(quoted(name)), which is no column of \(draft.who).",
                hint: Suggestion.hint(for: name, among: columns))
        }
    }

    /// Reports columns that read each other.
    private func checkCircles(_ derived: [Draft]) {
        var open = derived
        while let next = open.firstIndex(where: { column in
            !open.contains { other in other.featureNames.contains(where: column.sources.contains) }
        }) {
            open.remove(at: next)
        }
        guard let first = open.first else { return }
        index.diagnosis.fault(
            at: first.setting[Self.option(of: first)]?.location ?? first.keySpan,
            "\(first.who): columns of \(draft.who) read each other, so none has a value: "
                + open.map(\.id).joined(separator: ", ") + ".",
            hint: "Take one of them out of a formula of the others.")
    }

    private func checkGroups(of indicator: Draft) {
        var seen: Set<String> = []
        for item in indicator.setting["by"]?.items ?? [] where seen.insert(item.text).inserted {
            _ = index.resolve(.instruments, item.text, at: item.span, who: indicator.who)
        }
    }
}

extension Draft {
    /// Whether it is a column that follows from others of its row.
    var isDerived: Bool { !sources.isEmpty }

    /// Whether it is a column that compares instruments.
    var isCrossing: Bool { plugin?.descriptor.id == CrossColumn.descriptor.id }
}
