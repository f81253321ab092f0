import PluginKit

/// Reads the tree of a manifest, section by section, into drafts.
struct DocumentReader {
    /// Most entries of a section: pipelines times indicators must stay a size that can be held.
    static let entryLimit = 2_000

    /// The load.
    let context: ReadingContext

    private var diagnosis: Diagnosis { context.diagnosis }

    /// Reads everything; reports every fault that an entry has by itself.
    func read(_ root: YAMLNode) -> Drafts? {
        guard case .mapping(let written) = root.content else {
            diagnosis.fault(
                at: root.span,
                "the file is \(root.kindName); allowed a mapping with \(TopLevel.keys.joined(separator: ", ")).",
                hint: "`penstock init` writes one to begin with.")
            return nil
        }
        reportUnknownKeys(written)
        let mapping = written.meaning(TopLevel.keys)
        var drafts = Drafts(version: version(mapping), host: host(mapping), risk: risk(mapping))
        context.findPlugins(HostReader(context: context).checked(drafts.host.setting))
        for section in TopLevel.sections {
            guard let entry = mapping[section.rawValue] else { continue }
            drafts.sectionSpans[section] = entry.keySpan
            drafts.entries[section] = entries(of: entry, section)
        }
        return drafts
    }

    private func reportUnknownKeys(_ mapping: YAMLMapping) {
        for entry in mapping.entries
        where !TopLevel.keys.contains(entry.key) && !entry.key.hasPrefix(TopLevel.freePrefix) {
            diagnosis.fault(
                at: entry.keySpan, "the key \(quoted(entry.key)) is unknown.",
                hint: Suggestion.hint(for: entry.key, among: TopLevel.keys) + " Keys of your own begin with 'x-'.")
        }
    }

    private func version(_ mapping: YAMLMapping) -> Setting? {
        guard let entry = mapping["version"] else {
            if !mapping.isIncomplete {
                diagnosis.fault(
                    at: .fileStart, "'version' is missing; allowed \(HostFields.version).", hint: "Write version: 1.")
            }
            return nil
        }
        let reader = ValueReader(who: "manifest", owner: entry.keySpan, isLenient: false, context: context)
        return reader.value(entry.value, TopLevel.version, path: "version")
    }

    private func host(_ mapping: YAMLMapping) -> (setting: Setting, location: SourceSpan) {
        let entry = mapping["host"]
        let location = entry?.keySpan ?? .fileStart
        let reader = ValueReader(who: "host", owner: location, isLenient: false, context: context)
        let children = reader.record(
            entry.flatMap { self.mapping($0, of: "host", example: "{ listen: 127.0.0.1:8080 }") }, HostFields.host)
        return (Self.setting(TopLevel.host, children, at: entry?.value.span), location)
    }

    private func risk(_ mapping: YAMLMapping) -> Setting? {
        guard let entry = mapping["risk"] else { return nil }
        let reader = ValueReader(who: "risk", owner: entry.keySpan, isLenient: false, context: context)
        guard
            let written = self.mapping(entry, of: "risk", example: "{ limits: { gross_exposure: { limit: 1000000 } } }")
        else { return nil }
        return Self.setting(TopLevel.risk, reader.record(written, HostFields.risk), at: entry.value.span)
    }

    private func entries(of section: YAMLMapping.Entry, _ name: ManifestSection) -> [Draft] {
        let example = name == .instruments ? "{ us: [AAPL, IBM] }" : "{ ID: { KEY: VALUE } }"
        guard let mapping = mapping(section, of: name.rawValue, example: example) else { return [] }
        if let next = mapping.entries.dropFirst(Self.entryLimit).first {
            diagnosis.fault(
                at: next.keySpan,
                "\(name.rawValue): it has \(mapping.entries.count) entries; allowed \(Self.entryLimit).",
                hint: "Split the manifest in two.")
        }
        return mapping.entries.prefix(Self.entryLimit).compactMap { entry in
            guard context.isID(entry, of: name) else { return nil }
            switch name {
            case .instruments: return InstrumentReader(context: context).draft(entry)
            case .routes: return plain(entry, name, HostFields.route)
            case .pipelines: return plain(entry, name, HostFields.pipeline)
            case .strategies: return plain(entry, name, HostFields.strategy)
            case .providers, .indicators, .models, .sinks:
                return name.kind.map { InstanceReader(context: context, kind: $0).draft(entry) }
            }
        }
    }

    private func plain(_ entry: YAMLMapping.Entry, _ section: ManifestSection, _ fields: [Field]) -> Draft {
        let who = Draft.who(section, entry.key)
        let reader = ValueReader(who: who, owner: entry.keySpan, isLenient: false, context: context)
        let mapping = mapping(entry, of: who, example: "{ \(fields[0].name): VALUE }")
        let children = mapping.map { reader.record($0, fields) } ?? []
        let field = Field(entry.key, .record(fields), TopLevel.summary(section))
        return Draft(
            section: section, id: entry.key, keySpan: entry.keySpan, plugin: nil,
            setting: Self.setting(field, children, at: entry.value.span))
    }

    /// Returns the mapping of an entry; an entry without a value is an empty one, anything else is reported.
    private func mapping(_ entry: YAMLMapping.Entry, of who: String, example: String) -> YAMLMapping? {
        if case .mapping(let mapping) = entry.value.content { return mapping }
        if entry.value.isEmpty { return YAMLMapping(entries: [], isFlow: false, isIncomplete: false) }
        if case .refused = entry.value.content { return nil }
        diagnosis.fault(
            at: entry.value.span, "\(who): it is \(entry.value.kindName); allowed a mapping.", hint: "Write \(example)."
        )
        return nil
    }

    /// Makes the setting of a record.
    static func setting(_ field: Field, _ children: [Setting.Child], at span: SourceSpan?) -> Setting {
        Setting(
            field: field, value: .map(ValueReader.values(children)), origin: span == nil ? .schemaDefault : .literal,
            location: span, children: children)
    }
}
