import PluginKit

/// What differs between two checked manifests, entry by entry.
package struct ManifestDiff: Sendable {
    /// What became of an entry.
    package enum Action: String, Sendable {
        /// It is only in the new one.
        case added
        /// It is in both, with other values.
        case changed
        /// It is only in the old one.
        case removed
    }

    /// One value that differs; secrets are shown as `<secret>`.
    package struct Value: Sendable, Hashable {
        /// Its key inside the entry: `period`, `queue.full`.
        package let key: String
        /// The value before; `nil` where there was none.
        package let before: String?
        /// The value now; `nil` where there is none.
        package let after: String?

        /// Creates a value.
        package init(key: String, before: String?, after: String?) {
            self.key = key
            self.before = before
            self.after = after
        }
    }

    /// One entry that differs.
    package struct Entry: Sendable {
        /// The section; `nil` for `host` and `risk`.
        package let section: ManifestSection?
        /// The entry's id; the key itself for `host` and `risk`.
        package let id: String
        /// What became of it.
        package let action: Action
        /// The values that differ; none where the entry is only in one of the manifests.
        package let values: [Value]

        /// `indicator/rsi14`, `route/daily`, `host`, `risk`.
        package var name: String { section.map { "\($0.entryName)/\(id)" } ?? id }
    }

    /// The entries in the order of the new manifest, then those that are gone.
    package let entries: [Entry]

    /// Compares two manifests.
    package init(from old: Manifest, to new: Manifest) {
        var entries: [Entry] = []
        for key in ["host", "risk"] {
            let (before, after) = (Self.leaves(old.settings[key]), Self.leaves(new.settings[key]))
            if let change = Self.changed(nil, key, before, after) { entries.append(change) }
        }
        for section in TopLevel.sections {
            entries += Self.compare(section, Self.entries(old, section), Self.entries(new, section))
        }
        self.entries = entries
    }

    /// Whether nothing differs.
    package var isEmpty: Bool { entries.isEmpty }

    /// Returns what became of an entry, or `nil` where it is as before.
    package func entry(_ section: ManifestSection, _ id: String) -> Entry? {
        entries.first { $0.section == section && $0.id == id }
    }

    // MARK: Comparing

    private typealias Leaf = (key: String, value: ConfigurationValue)

    private static func compare(
        _ section: ManifestSection, _ old: [(id: String, leaves: [Leaf])], _ new: [(id: String, leaves: [Leaf])]
    ) -> [Entry] {
        var found: [Entry] = []
        for entry in new {
            guard let before = old.first(where: { $0.id == entry.id }) else {
                found.append(Entry(section: section, id: entry.id, action: .added, values: []))
                continue
            }
            if let change = changed(section, entry.id, before.leaves, entry.leaves) { found.append(change) }
        }
        for entry in old where !new.contains(where: { $0.id == entry.id }) {
            found.append(Entry(section: section, id: entry.id, action: .removed, values: []))
        }
        return found
    }

    private static func changed(
        _ section: ManifestSection?, _ id: String, _ old: [Leaf], _ new: [Leaf]
    ) -> Entry? {
        var values: [Value] = []
        for leaf in new {
            let before = old.first { $0.key == leaf.key }?.value
            guard before != leaf.value else { continue }
            values.append(Value(key: leaf.key, before: before.map(ValueText.of), after: ValueText.of(leaf.value)))
        }
        for leaf in old where !new.contains(where: { $0.key == leaf.key }) {
            values.append(Value(key: leaf.key, before: ValueText.of(leaf.value), after: nil))
        }
        return values.isEmpty ? nil : Entry(section: section, id: id, action: .changed, values: values)
    }

    // MARK: What is compared

    private static func entries(_ manifest: Manifest, _ section: ManifestSection) -> [(id: String, leaves: [Leaf])] {
        (manifest.settings[section.rawValue]?.children ?? []).map { child in
            (child.name, leaves(child.setting) + derived(manifest, section, child.name))
        }
    }

    /// The values of an entry by key; what stands inside others is joined with dots.
    private static func leaves(_ setting: Setting?, under key: String = "") -> [Leaf] {
        guard let setting else { return [] }
        guard !setting.children.isEmpty else { return setting.value.map { [(key, $0)] } ?? [] }
        return setting.children.flatMap { child in
            leaves(child.setting, under: key.isEmpty ? child.name : "\(key).\(child.name)")
        }
    }

    /// What an entry consists of beyond what is written in it: the plugin's version, and what `all` stands for.
    private static func derived(_ manifest: Manifest, _ section: ManifestSection, _ id: String) -> [Leaf] {
        if section.kind != nil {
            let instance = manifest.instances.first { ManifestSection($0.kind) == section && $0.id == id }
            guard let instance else { return [] }
            let version: Leaf = ("plugin version", .text(instance.descriptor.version))
            // A program that did not answer at the start may give others than were laid out for it.
            let columns = instance.outputs.map(\.name).joined(separator: ", ")
            let own: [Leaf] = section == .indicators ? [version, ("columns", .text(columns))] : [version]
            return instance.content.map { own + [("plugin content", .text($0))] } ?? own
        }
        guard section == .pipelines, let pipeline = manifest.pipelines.first(where: { $0.id == id }) else { return [] }
        let names: [(String, [String])] = [
            ("instruments in all", pipeline.instruments.map(\.description)),
            ("indicators in all", pipeline.indicators), ("models in all", pipeline.models),
            ("sinks in all", pipeline.sinks),
        ]
        return names.map { ($0.0, .text($0.1.joined(separator: ", "))) }
    }
}
