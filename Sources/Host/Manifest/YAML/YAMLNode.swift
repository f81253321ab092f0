/// How a scalar is written.
package enum ScalarStyle: Sendable, Hashable {
    /// Without quotes.
    case plain
    /// In single quotes.
    case singleQuoted
    /// In double quotes.
    case doubleQuoted
    /// A block after `|`.
    case literal
    /// A block after `>`.
    case folded
}

/// A value of the YAML tree. Scalars are text: what they mean is decided by the declared type, never by YAML.
package struct YAMLNode: Sendable {
    /// Where it is written. A block collection ends where the next token starts.
    package let span: SourceSpan
    /// What it is.
    package let content: Content

    /// What a node can be.
    package indirect enum Content: Sendable {
        /// A text.
        case scalar(String, ScalarStyle)
        /// A list.
        case sequence([YAMLNode], isFlow: Bool)
        /// Keys to values.
        case mapping(YAMLMapping)
        /// Something YAML allows and a manifest does not; it was reported already.
        case refused
    }

    /// What the node is, in words: `a text`, `a list`, `a mapping`.
    package var kindName: String {
        switch content {
        case .scalar: "a text"
        case .sequence: "a list"
        case .mapping: "a mapping"
        case .refused: "not readable"
        }
    }

    /// Whether there is nothing: an empty plain scalar or `~`.
    package var isEmpty: Bool {
        if case .scalar(let text, .plain) = content { return text.isEmpty || text == "~" }
        return false
    }
}

/// The entries of a mapping, in the order of the file; keys are unique.
package struct YAMLMapping: Sendable {
    /// The entries.
    package let entries: [Entry]
    /// Whether it is written in braces.
    package let isFlow: Bool
    /// Whether an entry was refused, so that a missing key means nothing.
    package let isIncomplete: Bool

    /// A key and its value.
    package struct Entry: Sendable {
        /// The key.
        package let key: String
        /// Where the key is written.
        package let keySpan: SourceSpan
        /// The value.
        package let value: YAMLNode
    }

    /// Returns the entry of a key.
    package subscript(key: String) -> Entry? { entries.first { $0.key == key } }
}

extension YAMLMapping {
    /// Returns the mapping with keys that nobody knows under the names they seem to be meant as, where those are missing.
    ///
    /// An unknown key is one fault and is reported as such; what follows from it is not told again.
    func meaning(_ names: [String]) -> YAMLMapping {
        guard entries.contains(where: { !names.contains($0.key) }) else { return self }
        var present = Set(entries.map(\.key))
        let meant = entries.map { entry in
            guard !names.contains(entry.key), !entry.key.hasPrefix(TopLevel.freePrefix),
                let name = Suggestion.nearest(to: entry.key, among: names),
                present.insert(name).inserted
            else { return entry }
            return Entry(key: name, keySpan: entry.keySpan, value: entry.value)
        }
        return YAMLMapping(entries: meant, isFlow: isFlow, isIncomplete: isIncomplete)
    }
}
