import PluginKit

/// An entry of a section as it was read: checked by itself, its references not yet resolved.
struct Draft {
    /// The section.
    let section: ManifestSection
    /// The id.
    let id: String
    /// Where the id is written.
    let keySpan: SourceSpan
    /// The plugin, where the entry is an instance and names one that exists.
    let plugin: PluginType?
    /// Its values; those with a fault are missing.
    let setting: Setting
    /// The columns of an indicator: those that its options give, where they were checked.
    var outputs: [OutputColumn] = []
    /// Whether these are a guess, as its program has not said what its options give.
    var hasAssumedColumns = false
    /// The columns that a derived one reads; empty for others.
    var sources: [String] = []

    /// Whether it runs; entries that are no instances always do.
    var isEnabled: Bool { setting["enabled"]?.boolean ?? true }

    /// The kind of event an indicator reads.
    var reads: EventKind { plugin?.descriptor.reads ?? .bar }

    /// What a provider gives, where its plugin is known.
    var capabilities: ProviderCapabilities? { plugin?.descriptor.provider }

    /// How messages name it: `indicator/rsi14`.
    var who: String { Self.who(section, id) }

    /// Names an entry for messages.
    static func who(_ section: ManifestSection, _ id: String) -> String {
        section == .instruments ? "instruments/\(id)" : "\(section.entryName)/\(id)"
    }

    /// The feature columns of an indicator: the id for a plugin with one output, else `id.output`.
    var featureNames: [String] {
        outputs.count == 1 ? [id] : outputs.map { "\(id).\($0.name)" }
    }
}

/// Everything that was read of a manifest.
struct Drafts {
    /// The value of `version`.
    var version: Setting?
    /// The values under `host`, and where the key is.
    var host: (setting: Setting, location: SourceSpan)
    /// The values under `risk`; `nil` where the key is absent.
    var risk: Setting?
    /// The entries by section, in the order of the file.
    var entries: [ManifestSection: [Draft]] = [:]
    /// The place of each section's key.
    var sectionSpans: [ManifestSection: SourceSpan] = [:]

    /// Returns the entries of a section.
    subscript(section: ManifestSection) -> [Draft] { entries[section] ?? [] }
}
