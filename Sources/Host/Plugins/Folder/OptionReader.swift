import HostManifest
import PluginKit

/// Reads the options of a plugin from its file: `period: { type: integer, minimum: 1, default: 14, summary: ... }`.
struct OptionReader {
    /// The file, as messages name it.
    let name: String

    private static let keys = [
        "type", "default", "required", "unit", "minimum", "maximum", "words", "kind", "item", "options", "summary",
    ]
    private static let types = [
        "text", "symbol", "integer", "number", "ratio", "boolean", "duration", "secret", "path", "choice", "texts",
        "reference", "list", "map", "record",
    ]
    /// Most options of a plugin.
    static let limit = 256

    /// Reads the options under a key; every fault is noted in `fields`.
    func options(_ key: String, _ fields: inout PluginFields) -> [ConfigurationOption] {
        let children = fields.children(key)
        guard children.count <= Self.limit else {
            fields.fault(key, "'\(key)' has \(children.count) entries; allowed \(Self.limit).")
            return []
        }
        return children.compactMap { option($0.0, $0.1, &fields) }
    }

    private func option(_ key: String, _ node: YAMLNode, _ fields: inout PluginFields) -> ConfigurationOption? {
        guard PluginIdentifier(kind: .sink, name: key) != nil else {
            fields.fault("options", "the option \(PluginError.quoted(key)) is no name; allowed lower_snake_case.")
            return nil
        }
        guard case .mapping = node.content else {
            fields.fault(
                "options",
                message:
                    "\(name):\(node.span.start.line): the option '\(key)' is \(node.kindName); allowed a mapping with "
                    + "'type' and 'summary'. `penstock plugins describe FOLDER` writes it.")
            return nil
        }
        var inner = PluginFields(node, name: name, known: Self.keys)
        defer { fields.adopt(inner) }
        let summary = inner.text("summary", limit: 500) ?? ""
        guard let type = type(&inner) else { return nil }
        return ConfigurationOption(
            key, type, default: fallback(type, of: key, &inner), isRequired: inner.boolean("required", default: false),
            unit: inner.has("unit") ? inner.text("unit", limit: 40) : nil, summary)
    }

    private func fallback(_ type: OptionType, of key: String, _ inner: inout PluginFields) -> ConfigurationValue? {
        guard let node = inner.node("default") else { return nil }
        if case .secret = type {
            inner.refuse("default", "a secret has none")
            return nil
        }
        do {
            return try OptionText.read(node, type)
        } catch {
            inner.fault("default", "'default' of '\(key)' is not one of its type; allowed \(error.allowed).")
            return nil
        }
    }

    private func type(_ inner: inout PluginFields) -> OptionType? {
        guard let word = inner.text("type", limit: 32) else { return nil }
        switch word {
        case "text": return .text
        case "symbol": return .symbol
        case "boolean": return .boolean
        case "secret": return .secret
        case "path": return .path
        case "integer": return integers(&inner, -(1 << 53)...(1 << 53)).map { .integer($0) }
        case "number": return numbers(&inner, -1e300...1e300).map { .number($0) }
        case "ratio": return numbers(&inner, 0...1).map { .ratio($0) }
        case "duration": return durations(&inner).map { .duration($0) }
        case "texts": return .list(.text, 0...1_000)
        case "choice":
            guard let words = inner.list("words", limit: 256), !words.isEmpty else {
                inner.fault("words", "'words' is missing or empty; allowed the words to choose from.")
                return nil
            }
            return .choice(words)
        default: return structured(word, &inner)
        }
    }

    private func structured(_ word: String, _ inner: inout PluginFields) -> OptionType? {
        switch word {
        case "reference":
            guard let kind = PluginKind(rawValue: inner.text("kind", limit: 16) ?? "") else {
                inner.fault("kind", "'kind' is none; allowed provider, indicator, model, sink.")
                return nil
            }
            return .reference(kind)
        case "list":
            guard let element = item(&inner), let count = integers(&inner, 0...1_000) else { return nil }
            return .list(element, count)
        case "map": return item(&inner).map { .map($0) }
        case "record": return .record(ConfigurationSchema(options("options", &inner)))
        default:
            inner.fault(
                "type", "'type' is \(PluginError.quoted(word)). \(Suggestion.hint(for: word, among: Self.types))")
            return nil
        }
    }

    private func item(_ inner: inout PluginFields) -> OptionType? {
        guard let node = inner.node("item") else {
            inner.fault("item", "'item' is missing; allowed a mapping such as { type: text }.")
            return nil
        }
        var fields = PluginFields(node, name: name, known: Self.keys)
        defer { inner.adopt(fields) }
        return type(&fields)
    }

    private func integers(_ inner: inout PluginFields, _ all: ClosedRange<Int>) -> ClosedRange<Int>? {
        bounds(&inner, all, "a whole number") { OptionText.integer($0) }
    }

    private func numbers(_ inner: inout PluginFields, _ all: ClosedRange<Double>) -> ClosedRange<Double>? {
        bounds(&inner, all, "a number") { OptionText.number($0) }
    }

    private func durations(_ inner: inout PluginFields) -> ClosedRange<Duration>? {
        bounds(&inner, .zero...(.seconds(1_000_000)), "a duration such as 10s") { DurationText.parse($0) }
    }

    private func bounds<Value: Comparable>(
        _ inner: inout PluginFields, _ all: ClosedRange<Value>, _ allowed: String, _ read: (String) -> Value?
    ) -> ClosedRange<Value>? {
        var ends = [all.lowerBound, all.upperBound]
        for (place, key) in ["minimum", "maximum"].enumerated() where inner.has(key) {
            guard let text = inner.text(key, limit: 64) else { return nil }
            guard let value = read(text) else {
                inner.fault(key, "'\(key)' is \(PluginError.quoted(text)); allowed \(allowed).")
                return nil
            }
            ends[place] = value
        }
        guard ends[0] <= ends[1] else {
            inner.fault("minimum", "'minimum' is above 'maximum'; allowed at most that.")
            return nil
        }
        return ends[0]...ends[1]
    }
}
