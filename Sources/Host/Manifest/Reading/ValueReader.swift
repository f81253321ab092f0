import PluginKit

/// Reads the values of one element (an instance, a route, `host`) by their declared types.
///
/// Every fault is reported and reading goes on; a value with a fault is left out of the result.
struct ValueReader {
    /// The element, as messages name it: `indicator/rsi14`.
    let who: String
    /// Where what is missing is reported: the element's key.
    let owner: SourceSpan
    /// Whether values from outside may be absent: the element is disabled.
    let isLenient: Bool
    /// The load.
    let context: ReadingContext

    private var diagnosis: Diagnosis { context.diagnosis }

    /// Reads a mapping of declared keys; keys that are not declared are reported, and read as what they seem to mean.
    ///
    /// - Parameter path: what comes before the keys in messages: empty, or `queue.`.
    func record(_ mapping: YAMLMapping?, _ fields: [Field], path: String = "") -> [Setting.Child] {
        for entry in mapping?.entries ?? [] where !fields.contains(where: { $0.name == entry.key }) {
            unknown(entry, fields, path: path)
        }
        let mapping = mapping?.meaning(fields.map(\.name))
        let isIncomplete = mapping?.isIncomplete ?? false
        return fields.map { field in
            let entry = mapping?[field.name]
            return Setting.Child(
                name: field.name,
                setting: self.field(field, entry, path: path + field.name, mayBeAbsent: isIncomplete))
        }
    }

    /// Reads one value of a declared type.
    func value(_ node: YAMLNode, _ field: Field, path: String) -> Setting {
        if field.type.holdsSecret { diagnosis.mask(node.span) }
        switch (field.type, node.content) {
        case (_, .refused): return absent(field, at: node.span)
        case (.record(let fields), .mapping(let mapping)):
            return collection(field, at: node.span) { record(mapping, fields, path: path + ".") }
        case (.map(let element), .mapping(let mapping)):
            return collection(field, at: node.span) { map(mapping, Field("", element, field.summary), path: path) }
        case (.space(let element), .mapping(let mapping)):
            let fields = HostFields.space(Field("", element, unit: field.unit, field.summary))
            return collection(field, at: node.span) { record(mapping, fields, path: path + ".") }
        case (.space(let element), .sequence(let items, _)):
            return list(items, field, element, 2...2, at: node.span, path: path)
        case (.list(let element, let count), .sequence(let items, _)):
            return list(items, field, element, count, at: node.span, path: path)
        case (.selection, .sequence(let items, _)):
            return list(items, field, .text, 0...100_000, at: node.span, path: path)
        case (_, .scalar(let text, _)): return scalar(text, field, at: node.span, path: path)
        default:
            refuse(field, "is \(node.kindName)", at: node.span, path: path)
            return absent(field, at: node.span)
        }
    }

    private func field(_ field: Field, _ entry: YAMLMapping.Entry?, path: String, mayBeAbsent: Bool) -> Setting {
        guard let entry else {
            if field.isRequired, !mayBeAbsent { missing(field, path: path) }
            return Self.initial(field)
        }
        guard entry.value.isEmpty else { return value(entry.value, field, path: path) }
        if field.isRequired {
            diagnosis.fault(
                at: entry.keySpan, "\(who): '\(path)' has no value; allowed \(field.type.allowed(unit: field.unit)).",
                hint: remedy(field))
        }
        return Self.initial(field)
    }

    private func scalar(_ text: String, _ field: Field, at span: SourceSpan, path: String) -> Setting {
        let expansion: Substitution.Expansion
        do {
            expansion = try context.substitution.expand(text)
        } catch {
            if !(isLenient && error.isOutside) {
                diagnosis.fault(at: span, "\(who): '\(path)': \(error.message)", hint: error.hint)
            }
            return absent(field, at: span)
        }
        if expansion.holdsSecret, field.type != .secret {
            diagnosis.fault(
                at: span, "\(who): '\(path)' is no secret; ${secret:NAME} is allowed for secret options only.",
                hint: "Use ${env:NAME} or ${file:path}.")
            return absent(field, at: span)
        }
        if field.isRequired, expansion.text.isEmpty {
            diagnosis.fault(at: span, "\(who): '\(path)' is empty.", hint: remedy(field))
            return absent(field, at: span)
        }
        if field.type == .secret, expansion.origin == .literal, !text.isEmpty { warnOfLiteralSecret(field, span, path) }
        return coerced(expansion, field, at: span, path: path)
    }

    private func coerced(
        _ expansion: Substitution.Expansion, _ field: Field, at span: SourceSpan, path: String
    ) -> Setting {
        do {
            let value = try Coercion(field).value(expansion.text)
            return Setting(field: field, value: value, origin: expansion.origin, location: span, children: [])
        } catch {
            let shown = Self.shown(expansion, isRightForm: error.isRightForm)
            diagnosis.fault(at: span, "\(who): '\(path)' \(shown); allowed \(error.allowed).", hint: error.hint)
            return absent(field, at: span)
        }
    }

    /// Values from outside the file are not shown: whoever sees the message may not see the environment.
    private static func shown(_ expansion: Substitution.Expansion, isRightForm: Bool) -> String {
        guard expansion.origin == .literal else { return "from \(expansion.origin) is something else" }
        return isRightForm ? "is \(expansion.text)" : "is \(quoted(expansion.text))"
    }

    private func list(
        _ items: [YAMLNode], _ field: Field, _ element: FieldType, _ count: ClosedRange<Int>, at span: SourceSpan,
        path: String
    ) -> Setting {
        if !count.contains(items.count) {
            diagnosis.fault(
                at: span, "\(who): '\(path)' has \(items.count) values; allowed \(NumberText.text(count)).")
        }
        let elementField = Field(field.name, element, isRequired: true, unit: field.unit, field.summary)
        let children = items.enumerated().map { index, item in
            Setting.Child(name: "\(index)", setting: self.value(item, elementField, path: "\(path)[\(index)]"))
        }
        return Setting(
            field: field, value: .list(children.compactMap(\.setting.value)), origin: .literal, location: span,
            children: children)
    }

    private func map(_ mapping: YAMLMapping, _ element: Field, path: String) -> [Setting.Child] {
        mapping.entries.map { entry in
            let name = quoted(entry.key).dropFirst().dropLast()
            return Setting.Child(name: entry.key, setting: value(entry.value, element, path: "\(path).\(name)"))
        }
    }

    /// A mapping has no value as a whole where one of its values has a fault.
    private func collection(_ field: Field, at span: SourceSpan, _ read: () -> [Setting.Child]) -> Setting {
        let before = diagnosis.count
        let children = read()
        let value = diagnosis.count == before ? ConfigurationValue.map(Self.values(children)) : nil
        return Setting(field: field, value: value, origin: .literal, location: span, children: children)
    }

    private func absent(_ field: Field, at span: SourceSpan) -> Setting {
        Setting(field: field, value: nil, origin: .unset, location: span, children: [])
    }

    // MARK: Messages

    private func unknown(_ entry: YAMLMapping.Entry, _ fields: [Field], path: String) {
        let names = fields.map(\.name)
        let nearest = Suggestion.nearest(to: entry.key, among: names)
        if fields.contains(where: { $0.name == nearest && $0.type.holdsSecret }) { diagnosis.mask(entry.value.span) }
        diagnosis.fault(
            at: entry.keySpan, "\(who): the key \(quoted(path + entry.key)) is unknown.",
            hint: Suggestion.hint(for: entry.key, among: names))
    }

    private func missing(_ field: Field, path: String) {
        diagnosis.fault(
            at: owner, "\(who): '\(path)' is missing; allowed \(field.type.allowed(unit: field.unit)).",
            hint: remedy(field))
    }

    /// The plugin that is called like the element, or like it without the number at its end (`rsi14`).
    private var namesake: String? {
        let parts = who.split(separator: "/").map(String.init)
        guard parts.count == 2, let kind = PluginKind(rawValue: parts[0]) else { return nil }
        let letters = String(parts[1].reversed().drop { $0.isNumber }.reversed())
        return [parts[1], letters].first { context.catalogue.plugin(kind, $0) != nil }
    }

    private func remedy(_ field: Field) -> String {
        if field.name == "plugin", let namesake { return "Write plugin: \(namesake)." }
        guard field.type == .secret else { return "Set it." }
        let name = "\(who.split(separator: "/").last ?? "")_\(field.name)".uppercased()
        return "Set it to \"${secret:\(name)}\" and export \(name)."
    }

    private func warnOfLiteralSecret(_ field: Field, _ span: SourceSpan, _ path: String) {
        diagnosis.warning(
            at: span, "\(who): '\(path)' is a secret and is written in the file.", hint: remedy(field))
    }

    private func refuse(_ field: Field, _ what: String, at span: SourceSpan, path: String) {
        diagnosis.fault(
            at: span, "\(who): '\(path)' \(what); allowed \(field.type.allowed(unit: field.unit)).",
            hint: "Write \(field.type.example).")
    }
}
