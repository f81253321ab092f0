/// Finds entries by id and reports references to what is not there.
struct DraftIndex {
    /// The entries.
    let drafts: Drafts
    /// Where faults go.
    let diagnosis: Diagnosis
    private let byID: [ManifestSection: [String: Draft]]

    /// Indexes everything that was read.
    init(_ drafts: Drafts, diagnosis: Diagnosis) {
        self.drafts = drafts
        self.diagnosis = diagnosis
        byID = drafts.entries.mapValues { entries in
            Dictionary(entries.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        }
    }

    /// Returns an entry, or `nil` where there is none.
    func find(_ section: ManifestSection, _ id: String) -> Draft? { byID[section]?[id] }

    /// Returns an entry, or reports that there is none.
    func resolve(_ section: ManifestSection, _ id: String, at span: SourceSpan, who: String) -> Draft? {
        if let draft = find(section, id) { return draft }
        diagnosis.fault(at: span, "\(who): no \(section.entryName) \(quoted(id)).", hint: hint(section, id))
        return nil
    }

    private func hint(_ section: ManifestSection, _ id: String) -> String {
        let known = drafts[section].map(\.id)
        return known.isEmpty ? "Declare it under '\(section.rawValue)'." : Suggestion.hint(for: id, among: known)
    }

    /// Returns the entries of a list of ids, without unknown ones; those and ids given twice are reported.
    func resolve(
        _ section: ManifestSection, items: [(text: String, span: SourceSpan)], who: String, option: String
    ) -> [Draft] {
        var seen: Set<String> = []
        return items.compactMap { item in
            guard seen.insert(item.text).inserted else {
                diagnosis.fault(
                    at: item.span, "\(who): '\(option)' has \(quoted(item.text)) twice.", hint: "Remove one of them.")
                return nil
            }
            return resolve(section, item.text, at: item.span, who: who)
        }
    }
}
