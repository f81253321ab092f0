import PluginKit

/// Reads one group of instruments.
struct InstrumentReader {
    /// The load.
    let context: ReadingContext

    /// Reads a list of symbols, or a venue and its symbols; each must be readable, none twice.
    func draft(_ entry: YAMLMapping.Entry) -> Draft {
        let who = Draft.who(.instruments, entry.key)
        let reader = ValueReader(who: who, owner: entry.keySpan, isLenient: false, context: context)
        let setting: Setting
        let venue: Setting?
        if case .mapping(let mapping) = entry.value.content {
            let children = reader.record(mapping, HostFields.group)
            let field = Field(entry.key, .record(HostFields.group), "A group of instruments at one venue.")
            setting = DocumentReader.setting(field, children, at: entry.value.span)
            venue = setting["venue"]
        } else {
            let field = Field(entry.key, HostFields.symbols, isRequired: true, "A group of instruments.")
            setting = reader.value(entry.value, field, path: entry.key)
            venue = nil
        }
        check(setting, who: who, venue: venue?.text)
        return Draft(section: .instruments, id: entry.key, keySpan: entry.keySpan, plugin: nil, setting: setting)
    }

    /// Returns the instruments of a group that was read, without those that cannot be read.
    static func instruments(of draft: Draft) -> [Instrument] {
        let symbols = draft.setting["symbols"] ?? draft.setting
        let venue = draft.setting["venue"]?.text
        return (symbols.items ?? []).compactMap { try? Instrument(parsing: $0.text, venue: venue) }
    }

    private func check(_ setting: Setting, who: String, venue: String?) {
        var places: [Instrument: SourceSpan] = [:]
        let symbols = setting["symbols"] ?? setting
        for item in symbols.items ?? [] {
            do {
                let instrument = try Instrument(parsing: item.text, venue: venue)
                if let first = places.updateValue(item.span, forKey: instrument) {
                    context.diagnosis.fault(
                        at: item.span,
                        "\(who): \(quoted(item.text)) is there twice (\(instrument)); the first is at "
                            + "\(context.diagnosis.place(first)).",
                        hint: "Remove one of them.")
                }
            } catch {
                context.diagnosis.fault(at: item.span, "\(who): \(Self.withoutSubject(error.message))")
            }
        }
    }

    /// Returns an instrument's message without its `instrument: `.
    static func withoutSubject(_ message: String) -> String {
        message.hasPrefix("instrument: ") ? String(message.dropFirst("instrument: ".count)) : message
    }
}
