import HostManifest
import PluginKit

/// Reads the keys of a mapping in a plugin's file and notes what is wrong with them.
struct PluginFields {
    /// Every fault so far: place, what is wrong, what is allowed.
    private(set) var faults: [String] = []
    private let entries: [String: YAMLMapping.Entry]
    private let name: String
    /// Known keys that unknown ones are taken for: these are misspelt, not missing.
    private var meant: Set<String> = []

    /// Opens a mapping; keys that are not known are faults.
    init(_ node: YAMLNode, name: String, known: [String]) {
        self.name = name
        guard case .mapping(let mapping) = node.content else {
            entries = [:]
            faults = ["\(name):\(node.span.start.line): it is \(node.kindName); allowed a mapping."]
            return
        }
        entries = Dictionary(mapping.entries.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        for entry in mapping.entries where !known.contains(entry.key) {
            faults.append(
                "\(name):\(entry.keySpan.start.line): no key \(PluginError.quoted(entry.key)). "
                    + Suggestion.hint(for: entry.key, among: known))
            if let nearest = Suggestion.nearest(to: entry.key, among: known) { meant.insert(nearest) }
        }
    }

    /// Notes a fault at a key.
    mutating func fault(_ key: String, _ text: String) {
        let line = entries[key].map { ":\($0.keySpan.start.line)" } ?? ""
        faults.append("\(name)\(line): \(text)")
    }

    /// Notes a fault whose message is complete.
    mutating func fault(_ key: String, message: String) { faults.append(message) }

    /// Notes a fault where a key is there that must not be.
    mutating func refuse(_ key: String, _ reason: String) {
        if entries[key] != nil { fault(key, "'\(key)' is set; \(reason). Remove it.") }
    }

    /// Takes over the faults of a nested mapping.
    mutating func adopt(_ inner: PluginFields) { faults += inner.faults }

    /// Returns a required text of one line.
    mutating func text(_ key: String, limit: Int) -> String? {
        guard let entry = entries[key] else {
            if !meant.contains(key) { fault(key, "'\(key)' is missing. Write `\(key): ...`.") }
            return nil
        }
        guard let text = Self.text(entry.value, limit: limit) else {
            fault(key, "'\(key)' is not readable; allowed a text of one line with 1...\(limit) bytes.")
            return nil
        }
        return text
    }

    /// Returns a word of a closed set, or its default where the key is absent.
    mutating func word<Word: RawRepresentable>(_ key: String, default value: Word) -> Word
    where Word.RawValue == String {
        guard entries[key] != nil, let text = text(key, limit: 64) else { return value }
        guard let word = Word(rawValue: text) else {
            fault(key, "'\(key)' is \(PluginError.quoted(text)); allowed words like \(value.rawValue).")
            return value
        }
        return word
    }

    /// Returns a list of texts; `nil` where the key is absent.
    mutating func list(_ key: String, limit: Int) -> [String]? {
        guard let entry = entries[key] else { return nil }
        guard case .sequence(let items, _) = entry.value.content, items.count <= limit else {
            fault(key, "'\(key)' is \(entry.value.kindName) that is not readable; allowed a list of at most \(limit).")
            return nil
        }
        let texts = items.compactMap { Self.text($0, limit: 1_024) }
        guard texts.count == items.count else {
            fault(key, "'\(key)' has an item that is no text of one line with 1...1024 bytes.")
            return nil
        }
        return texts
    }

    /// Returns `true` or `false`, or a default where the key is absent.
    mutating func boolean(_ key: String, default value: Bool) -> Bool {
        guard entries[key] != nil, let text = text(key, limit: 16) else { return value }
        guard let flag = Bool(text) else {
            fault(key, "'\(key)' is \(PluginError.quoted(text)); allowed true or false.")
            return value
        }
        return flag
    }

    /// Returns the words of a closed set; none where the key is absent.
    mutating func words<Word: RawRepresentable & CaseIterable & Hashable>(_ key: String, _: Word.Type) -> Set<Word>
    where Word.RawValue == String {
        var found: Set<Word> = []
        for text in list(key, limit: 100) ?? [] {
            guard let word = Word(rawValue: text) else {
                let known = Word.allCases.map(\.rawValue)
                fault(key, "'\(key)' has \(PluginError.quoted(text)). \(Suggestion.hint(for: text, among: known))")
                continue
            }
            found.insert(word)
        }
        return found
    }

    /// Returns the node under a key; `nil` where it is absent.
    func node(_ key: String) -> YAMLNode? { entries[key]?.value }

    /// Returns a nested mapping; `nil` where the key is absent.
    mutating func nested(_ key: String, known: [String]) -> PluginFields? {
        entries[key].map { PluginFields($0.value, name: name, known: known) }
    }

    /// Whether a key is there.
    func has(_ key: String) -> Bool { entries[key] != nil }

    /// Returns the entries of a nested mapping whose keys are free; none where the key is absent.
    mutating func children(_ key: String) -> [(String, YAMLNode)] {
        guard let entry = entries[key] else { return [] }
        guard case .mapping(let mapping) = entry.value.content else {
            fault(key, "'\(key)' is \(entry.value.kindName); allowed a mapping.")
            return []
        }
        return mapping.entries.map { ($0.key, $0.value) }
    }

    /// Returns the identifier under `id`.
    mutating func identifier() -> PluginIdentifier? {
        guard let text = text("id", limit: 128) else { return nil }
        guard let id = PluginIdentifier(text) else {
            fault(
                "id",
                "'id' is \(PluginError.quoted(text)); allowed kind/name, kind one of provider, indicator, model, sink, "
                    + "name lower_snake_case.")
            return nil
        }
        return id
    }

    /// The text of a scalar without control or formatting characters.
    private static func text(_ node: YAMLNode, limit: Int) -> String? {
        guard case .scalar(let text, _) = node.content, (1...limit).contains(text.utf8.count),
            text.unicodeScalars.allSatisfy(isShown)
        else { return nil }
        return text
    }

    private static func isShown(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }
}
