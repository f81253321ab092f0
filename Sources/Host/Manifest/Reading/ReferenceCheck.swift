/// Checks the references that plugin options make: their targets exist, run, and never lead back.
struct ReferenceCheck {
    /// The entries.
    let index: DraftIndex

    private struct Edge {
        let target: Draft
        let span: SourceSpan
    }

    /// Reports every reference that leads nowhere and every circle.
    func run() {
        let instances = TopLevel.sections.filter { $0.kind != nil }.flatMap { index.drafts[$0] }
        var edges: [String: [Edge]] = [:]
        for draft in instances where draft.plugin != nil {
            edges[draft.who] = draft.setting.children.flatMap { uses(in: $0.setting) }.compactMap {
                edge($0, from: draft)
            }
        }
        reportCircles(instances, edges)
    }

    private func uses(in setting: Setting) -> [(section: ManifestSection, id: String, span: SourceSpan)] {
        if case .reference(let section) = setting.field.type, let id = setting.text {
            return [(section, id, setting.location ?? .fileStart)]
        }
        return setting.children.flatMap { uses(in: $0.setting) }
    }

    private func edge(_ use: (section: ManifestSection, id: String, span: SourceSpan), from owner: Draft) -> Edge? {
        guard let target = index.resolve(use.section, use.id, at: use.span, who: owner.who) else { return nil }
        if owner.isEnabled, !target.isEnabled {
            index.diagnosis.fault(
                at: use.span, "\(owner.who): \(target.who) is disabled.",
                hint: "Enable it, or disable \(owner.who) too.")
        }
        return Edge(target: target, span: use.span)
    }

    /// Walks depth first; an edge to an entry on the current path closes a circle.
    private func reportCircles(_ instances: [Draft], _ edges: [String: [Edge]]) {
        var done: Set<String> = []
        for start in instances where !done.contains(start.who) {
            var path = [start.who]
            var next = [0]
            while let node = path.last {
                let outgoing = edges[node] ?? []
                let position = next[next.count - 1]
                guard position < outgoing.count else {
                    done.insert(node)
                    path.removeLast()
                    next.removeLast()
                    continue
                }
                next[next.count - 1] += 1
                let target = outgoing[position].target.who
                if let first = path.firstIndex(of: target) {
                    reportCircle(path[first...] + [target], at: outgoing[position].span)
                } else if !done.contains(target) {
                    path.append(target)
                    next.append(0)
                }
            }
        }
    }

    private func reportCircle(_ path: ArraySlice<String>, at span: SourceSpan) {
        index.diagnosis.fault(
            at: span, "\(path.last ?? ""): references lead in a circle: \(path.joined(separator: " -> ")).",
            hint: "Remove one of them.")
    }
}
