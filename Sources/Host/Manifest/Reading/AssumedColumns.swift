import PluginKit

/// Which programs of plugins are waited for, when a manifest is read, until they say whether their options are right.
package enum AwaitedPrograms: Sendable {
    /// All of them.
    case all
    /// Those that the host does not start without.
    case needed
    /// None for long; the manifest names those that have to be asked again (`Manifest.unanswered`).
    case none

    func holds(_ policy: StartPolicy) -> Bool {
        switch self {
        case .all: true
        case .needed: policy == .error
        case .none: false
        }
    }
}

extension Drafts {
    /// Gives an indicator whose program has not said what its columns are those that the rest of the manifest names, where there
    /// are any that its description lacks: so a model may name what an absent program gives by its options.
    func assumingColumns() -> Drafts {
        var drafts = self
        for (place, indicator) in self[.indicators].enumerated() where indicator.hasAssumedColumns {
            let described = Set(indicator.outputs.map(\.name))
            let named = columns(named: indicator.id)
            guard named.contains(where: { !described.contains($0) }) else { continue }
            drafts.entries[.indicators]?[place].outputs = named.map {
                OutputColumn($0, unit: "", "Named in the manifest.")
            }
        }
        return drafts
    }

    /// The columns of an indicator that texts of the manifest name, in their order.
    private func columns(named id: String) -> [String] {
        var names: [String] = []
        func look(_ setting: Setting) {
            if case .text(let text) = setting.value {
                for name in Self.columns(of: id, in: text) where !names.contains(name) { names.append(name) }
            }
            // The name of a program is none of a column: lags.py.
            for child in setting.children where child.name != "plugin" { look(child.setting) }
        }
        for section in [ManifestSection.indicators, .models, .strategies, .pipelines] {
            for draft in self[section] where draft.id != id { look(draft.setting) }
        }
        return names
    }

    /// What follows `id.` in a text where it begins a word: a feature, or a part of a formula.
    private static func columns(of id: String, in text: String) -> [String] {
        let isPart = { (letter: Character) in
            letter.isASCII && (letter.isLetter || letter.isNumber || letter == "_" || letter == ".")
        }
        return text.split { !isPart($0) }.filter { $0.hasPrefix("\(id).") }.map { String($0.dropFirst(id.count + 1)) }
            .filter { !$0.isEmpty && !$0.contains(".") }
    }
}
