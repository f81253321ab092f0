import PluginKit
import RowColumns

/// Reads one plugin instance: finds its plugin, then reads envelope and options by their declared types.
struct InstanceReader {
    /// The load.
    let context: ReadingContext
    /// The kind of the section.
    let kind: PluginKind

    private var diagnosis: Diagnosis { context.diagnosis }

    /// Reads an instance; what is wrong is reported.
    func draft(_ entry: YAMLMapping.Entry) -> Draft {
        let section = ManifestSection(kind)
        let who = Draft.who(section, entry.key)
        guard case .mapping(let written) = entry.value.content else {
            reportNoMapping(entry, who: who)
            return draft(entry, section, nil, [])
        }
        let mapping = writtenOut(written)
        let common = HostFields.common(kind, isInline: Self.isInline(mapping))
        let meant = mapping.meaning(common.map(\.name))
        let reader = ValueReader(
            who: who, owner: entry.keySpan, isLenient: isDisabled(mapping), context: context)
        guard let plugin = plugin(meant, reader) else {
            let known = meant.entries.filter { item in common.contains { $0.name == item.key } }
            hideSecrets(mapping)
            let rest = YAMLMapping(entries: known, isFlow: mapping.isFlow, isIncomplete: mapping.isIncomplete)
            return draft(entry, section, nil, reader.record(rest, common))
        }
        if let bundle = written["bundle"], written["plugin"] == nil { checkIsBundle(plugin, bundle, who) }
        let options = plugin.descriptor.schema.options.map { Field($0) }
        let before = diagnosis.count
        let envelope = HostFields.envelope(of: plugin.descriptor, isInline: Self.isInline(mapping))
        let children = reader.record(mapping, envelope + options)
        var draft = draft(entry, section, plugin, children)
        draft.outputs = plugin.descriptor.outputs
        checkRenames(draft)
        guard diagnosis.count == before, !reader.isLenient else { return draft }
        let policy: StartPolicy = draft.setting("on_failure")
        guard plugin.tier != .process || context.awaited.holds(policy) else {
            return askedBriefly(draft, plugin, mustWork: policy == .error)
        }
        report(plugin.validate(Self.configuration(of: draft)), of: draft)
        guard diagnosis.count == before else { return draft }
        let configuration = Self.configuration(of: draft)
        draft.outputs = plugin.outputs(configuration)
        draft.sources = Self.sources(of: plugin, configuration)
        return draft
    }

    /// The columns that a column reads, where it is one that the host fills in.
    private static func sources(of plugin: PluginType, _ configuration: Configuration) -> [String] {
        guard derivedColumnPlugins.contains(plugin.descriptor.id), case .indicator(let make) = plugin.maker,
            let derived = (try? make(configuration)) as? any DerivedColumn
        else { return [] }
        return derived.sources
    }

    private func draft(
        _ entry: YAMLMapping.Entry, _ section: ManifestSection, _ plugin: PluginType?, _ children: [Setting.Child]
    ) -> Draft {
        let summary = plugin?.descriptor.summary ?? TopLevel.summary(section)
        let field = Field(entry.key, .record(children.map(\.setting.field)), summary)
        return Draft(
            section: section, id: entry.key, keySpan: entry.keySpan, plugin: plugin,
            setting: DocumentReader.setting(field, children, at: entry.value.span))
    }

    /// Reports a bundle that is a single indicator: who reads the file would look for columns that are not there.
    private func checkIsBundle(_ plugin: PluginType, _ bundle: YAMLMapping.Entry, _ who: String) {
        guard kind == .indicator, !HostFields.isBundle(plugin.descriptor) else { return }
        let sets = context.catalogue.names(kind).filter { name in
            context.catalogue.plugin(kind, name).map { HostFields.isBundle($0.descriptor) } ?? false
        }
        diagnosis.fault(
            at: bundle.value.span,
            "\(who): 'bundle' is \(quoted(plugin.descriptor.name)), which is no set; allowed "
                + "\(sets.joined(separator: ", ")).", hint: "Write plugin: \(plugin.descriptor.name).")
    }

    /// Names the plugin where the short form leaves it out.
    private func writtenOut(_ mapping: YAMLMapping) -> YAMLMapping {
        if kind == .indicator, mapping["plugin"] == nil, mapping["bundle"] != nil {
            let entries = mapping.entries.map { entry in
                entry.key == "bundle"
                    ? YAMLMapping.Entry(key: "plugin", keySpan: entry.keySpan, value: entry.value) : entry
            }
            return YAMLMapping(entries: entries, isFlow: mapping.isFlow, isIncomplete: mapping.isIncomplete)
        }
        let shorts = HostFields.shortForms(kind).filter { context.catalogue.plugin(kind, $0.plugin) != nil }
        guard mapping["plugin"] == nil, let short = shorts.first(where: { mapping[$0.option] != nil }),
            let option = mapping[short.option]
        else { return mapping }
        let name = YAMLNode(span: option.keySpan, content: .scalar(short.plugin, .plain))
        let plugin = YAMLMapping.Entry(key: "plugin", keySpan: option.keySpan, value: name)
        return YAMLMapping(
            entries: [plugin] + mapping.entries, isFlow: mapping.isFlow, isIncomplete: mapping.isIncomplete)
    }

    private func reportNoMapping(_ entry: YAMLMapping.Entry, who: String) {
        if case .refused = entry.value.content { return }
        let what = entry.value.isEmpty ? "it has no value" : "it is \(entry.value.kindName)"
        let known = Suggestion.list(context.catalogue.names(kind))
        diagnosis.fault(
            at: entry.value.isEmpty ? entry.keySpan : entry.value.span, "\(who): \(what); allowed a mapping.",
            hint: "Write { plugin: NAME }. \(known)")
    }

    /// Whether the instance is switched off; read ahead of the rest, because it decides what may be absent.
    private func isDisabled(_ mapping: YAMLMapping) -> Bool {
        guard case .scalar(let text, _)? = mapping["enabled"]?.value.content else { return false }
        return (try? context.substitution.expand(text))?.text == "false"
    }

    private static func isInline(_ mapping: YAMLMapping) -> Bool {
        if case .mapping? = mapping["plugin"]?.value.content { true } else { false }
    }

    private func plugin(_ mapping: YAMLMapping, _ reader: ValueReader) -> PluginType? {
        if Self.isInline(mapping) { return inline(mapping, reader) }
        guard let entry = mapping["plugin"], case .scalar(let written, _) = entry.value.content,
            let name = (try? context.substitution.expand(written))?.text, !name.isEmpty
        else { return nil }
        if let plugin = context.catalogue.plugin(kind, name) { return plugin }
        let others = context.catalogue.kinds(of: name)
        if let other = others.first {
            diagnosis.fault(
                at: entry.value.span,
                "\(reader.who): the plugin \(quoted(name)) is of the kind \(other.rawValue), not \(kind.rawValue).",
                hint: "Move the instance under '\(ManifestSection(other).rawValue)', or choose: "
                    + Suggestion.list(context.catalogue.names(kind)))
        } else {
            diagnosis.fault(
                at: entry.value.span, "\(reader.who): no \(kind.rawValue) plugin \(quoted(name)).",
                hint: Suggestion.hint(for: name, among: context.catalogue.names(kind)))
        }
        return nil
    }

    /// Returns the plugin of a program that the instance names itself; faults in naming it are reported by the caller.
    private func inline(_ mapping: YAMLMapping, _ reader: ValueReader) -> PluginType? {
        guard let entry = mapping["plugin"] else { return nil }
        let quiet = ReadingContext(
            diagnosis: Diagnosis(file: "", source: SourceText([])), substitution: context.substitution,
            catalogue: context.catalogue, finder: nil, settings: context.settings, awaited: context.awaited)
        let field = Field("plugin", .record(HostFields.program), "")
        let setting = ValueReader(who: reader.who, owner: entry.keySpan, isLenient: false, context: quiet).value(
            entry.value, field, path: "plugin")
        guard quiet.diagnosis.isClean else { return nil }
        let words = setting["command"]?.items?.map(\.text)
        let program: InlineProgram
        switch (setting["library"]?.text, words) {
        case (let path?, nil): program = .library(path)
        case (nil, let words?): program = .command(words)
        default:
            diagnosis.fault(
                at: entry.value.span, "\(reader.who): 'plugin' names no program; allowed 'library' or 'command'.",
                hint: "Write { library: build/libTokyo.so } or { command: [python3, tokyo.py] }.")
            return nil
        }
        do {
            return try context.plugin(program, kind)
        } catch {
            let isNamed = error.message.hasPrefix(reader.who)
            diagnosis.fault(at: entry.value.span, isNamed ? error.message : "\(reader.who): \(error.message)")
            return nil
        }
    }

    /// Reports names that cannot be read.
    private func checkRenames(_ draft: Draft) {
        for child in draft.setting["renames"]?.children ?? [] {
            let place = child.setting.location ?? draft.keySpan
            if (try? Instrument(parsing: child.name)) == nil {
                diagnosis.fault(
                    at: place, "\(draft.who): 'renames' has \(quoted(child.name)), which is no instrument.",
                    hint: "Write CODE.VENUE: META.US.")
            } else if let text = child.setting.text, EarlierNames(text) == nil {
                diagnosis.fault(
                    at: place,
                    "\(draft.who): 'renames.\(child.name)' is \(quoted(text)); allowed \(EarlierNames.allowed).")
            }
        }
    }

    /// Hides what may be a secret where no schema says which option is one.
    private func hideSecrets(_ mapping: YAMLMapping) {
        for entry in mapping.entries where context.catalogue.secretNames.contains(entry.key) {
            diagnosis.mask(entry.value.span)
        }
    }

    /// Returns a draft whose program is asked, and not waited for. Where the host may start without it, what is wrong with its
    /// options is told when it is built, and only the columns of an indicator are asked about.
    private func askedBriefly(_ draft: Draft, _ plugin: PluginType, mustWork: Bool) -> Draft {
        guard mustWork || plugin.descriptor.kind == .indicator else { return draft }
        var draft = draft
        let options = Self.configuration(of: draft)
        let faults = context.faults(of: plugin, options)
        if mustWork { faults.map { report($0, of: draft) } ?? context.lacksAnswer(draft.who) }
        draft.outputs = plugin.outputs(options)
        draft.hasAssumedColumns = faults?.isEmpty != true
        return draft
    }

    private func report(_ faults: [ConfigurationFault], of draft: Draft) {
        for fault in faults {
            let span = place(of: fault, in: draft.setting) ?? draft.keySpan
            let isNamed = fault.message.hasPrefix(draft.who)
            diagnosis.fault(at: span, isNamed ? fault.message : "\(draft.who): \(fault.message)")
        }
    }

    /// Returns the plugin's own options of a draft.
    static func configuration(of draft: Draft) -> Configuration {
        let names = Set(draft.plugin?.descriptor.schema.options.map(\.name) ?? [])
        let options = draft.setting.children.filter { names.contains($0.name) }
        return Configuration(instance: draft.who, values: ValueReader.values(options))
    }

    /// Returns where a fault is: the stretch of the option's text it names, where that text is written as it is read.
    private func place(of fault: ConfigurationFault, in setting: Setting) -> SourceSpan? {
        guard let span = Self.place(of: fault.option, in: setting) else { return nil }
        guard let range = fault.range, let text = setting[fault.option]?.text, range.upperBound <= text.utf8.count
        else {
            return span
        }
        let written = context.diagnosis.source.bytes[span.start.offset..<span.end.offset]
        // Without quotes, or behind one.
        guard let quotes = [0, 1].first(where: { written.dropFirst($0).starts(with: text.utf8) }) else { return span }
        let start = span.start.offset + quotes
        let source = context.diagnosis.source
        return SourceSpan(
            start: source.mark(atOffset: start + range.lowerBound),
            end: source.mark(atOffset: start + range.upperBound))
    }

    /// Returns where an option such as `columns.date` is written, or the nearest mapping around it that is.
    private static func place(of option: String, in setting: Setting) -> SourceSpan? {
        var current = setting
        var place: SourceSpan?
        for name in option.split(whereSeparator: { ".[]".contains($0) }) {
            guard let next = current[String(name)] else { break }
            place = next.location ?? place
            current = next
        }
        return place
    }
}
