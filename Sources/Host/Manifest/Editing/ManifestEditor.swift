import PluginKit

/// Switches instances on and off in the text of a manifest, keeping every comment and every other byte.
///
/// The text need not pass all checks, so that what is broken can be switched off; it must be readable YAML. The result
/// is read again and given back only if nothing but that one value changed.
package struct ManifestEditor {
    /// A text that was edited.
    package struct Edit: Sendable {
        /// The new text.
        package let text: String
        /// `kind/id` of the instance.
        package let instance: String
        /// Whether it differs from the old one.
        package let isChanged: Bool
    }

    /// Why a text is not edited.
    package struct Refusal: Error, CustomStringConvertible {
        /// What is wrong; what is allowed; what to do.
        package let description: String
    }

    private let file: String

    /// Creates an editor; messages name the file.
    package init(file: String) { self.file = file }

    /// Returns the text with an instance enabled or disabled.
    ///
    /// - Parameter instance: its id, or `kind/id` where two kinds have the id.
    package func setEnabled(_ isEnabled: Bool, instance: String, in text: String) throws(Refusal) -> Edit {
        let source = SourceText(Array(text.utf8))
        let root = try tree(source)
        let target = try find(instance, in: root)
        guard case .mapping(let mapping) = target.entry.value.content else {
            throw Refusal(
                description: "\(place(target.entry.keySpan)): \(target.name) is no mapping. Write { plugin: NAME }.")
        }
        let current = mapping["enabled"]?.value
        if case .scalar(let written, _) = current?.content, written.contains("${") {
            throw Refusal(
                description:
                    "\(file): \(target.name): 'enabled' is \(quoted(written)). Change what it refers to, or the file.")
        }
        if value(of: current) == isEnabled { return Edit(text: text, instance: target.name, isChanged: false) }
        let insertion = insertion(isEnabled ? "true" : "false", current, mapping, target.entry.value, source)
        var bytes = source.bytes
        bytes.replaceSubrange(insertion.range, with: Array(insertion.text.utf8))
        try verify(bytes, against: root, target, isEnabled: isEnabled)
        return Edit(text: String(decoding: bytes, as: UTF8.self), instance: target.name, isChanged: true)
    }

    /// An instance as it is written, whether it is right or not.
    package struct Named: Sendable, Hashable {
        /// `kind/id`.
        package let name: String
        /// `kind/name` of the plugin it names; `nil` where it names a program of its own, or none.
        package let plugin: String?
        /// The line of the text, from 1.
        package let line: Int
    }

    /// Returns the instances of a text; throws where it is no readable YAML.
    package func instances(in text: String) throws(Refusal) -> [Named] {
        targets(in: try tree(SourceText(Array(text.utf8)))).map { target in
            var plugin: String?
            if case .mapping(let mapping) = target.entry.value.content,
                case .scalar(let name, _)? = mapping["plugin"]?.value.content, let kind = target.section.kind
            {
                plugin = "\(kind.rawValue)/\(name)"
            }
            return Named(name: target.name, plugin: plugin, line: target.entry.keySpan.start.line)
        }
    }

    // MARK: Finding

    private struct Target {
        let section: ManifestSection
        let entry: YAMLMapping.Entry
        let name: String
    }

    private func tree(_ source: SourceText) throws(Refusal) -> YAMLNode {
        let diagnosis = Diagnosis(file: file, source: source, secretNames: SecretWords.always)
        let root = YAMLTreeBuilder.tree(of: source, reportingTo: diagnosis)
        guard diagnosis.isClean, let root else {
            let fault = diagnosis.faults(.error).first
            throw Refusal(
                description: fault.map(\.rendered) ?? "\(file): the manifest is empty. `penstock init` makes one.")
        }
        return root
    }

    private func targets(in root: YAMLNode) -> [Target] {
        guard case .mapping(let document) = root.content else { return [] }
        return PluginKind.allCases.flatMap { kind -> [Target] in
            let section = ManifestSection(kind)
            guard case .mapping(let entries) = document[section.rawValue]?.value.content else { return [] }
            return entries.entries.map { Target(section: section, entry: $0, name: "\(kind.rawValue)/\($0.key)") }
        }
    }

    private func find(_ instance: String, in root: YAMLNode) throws(Refusal) -> Target {
        let targets = targets(in: root)
        let found = targets.filter { $0.entry.key == instance || $0.name == instance }
        if let only = found.first, found.count == 1 { return only }
        guard found.isEmpty else {
            let names = found.map(\.name).joined(separator: ", ")
            throw Refusal(
                description: "\(file): \(quoted(instance)) is several instances: \(names). Name one of them so.")
        }
        let known = targets.map { instance.contains("/") ? $0.name : $0.entry.key }
        throw Refusal(
            description: "\(file): no instance \(quoted(instance)). \(Suggestion.hint(for: instance, among: known))")
    }

    private func value(of node: YAMLNode?) -> Bool? {
        guard let node, !node.isEmpty else { return true }
        if case .scalar(let text, _) = node.content { return text == "true" ? true : text == "false" ? false : nil }
        return nil
    }

    private func place(_ span: SourceSpan) -> String { "\(file):\(span.start.line):\(span.start.column)" }

    // MARK: Changing

    private struct Insertion {
        let range: Range<Int>
        let text: String
    }

    private func insertion(
        _ word: String, _ current: YAMLNode?, _ mapping: YAMLMapping, _ node: YAMLNode, _ source: SourceText
    ) -> Insertion {
        if let current {
            let start = current.span.start.offset
            let isBare = current.span.start == current.span.end
            return Insertion(range: start..<max(current.span.end.offset, start), text: isBare ? " \(word)" : word)
        }
        if mapping.isFlow { return flowInsertion("enabled: \(word)", mapping, node) }
        return blockInsertion("enabled: \(word)", mapping, node, source)
    }

    private func flowInsertion(_ text: String, _ mapping: YAMLMapping, _ node: YAMLNode) -> Insertion {
        guard let plugin = mapping["plugin"], !plugin.value.isEmpty else {
            let start = node.span.start.offset + 1
            return Insertion(range: start..<start, text: mapping.entries.isEmpty ? " \(text) " : " \(text),")
        }
        let end = plugin.value.span.end.offset
        return Insertion(range: end..<end, text: ", \(text)")
    }

    /// On a line of its own behind `plugin:`, or before the first key where that value is no single line.
    private func blockInsertion(
        _ text: String, _ mapping: YAMLMapping, _ node: YAMLNode, _ source: SourceText
    ) -> Insertion {
        let key = mapping["plugin"] ?? mapping.entries[0]
        let line = key.keySpan.start.line
        let content = source.line(line)
        let indent = String(decoding: content.prefix { $0 == 0x20 }, as: UTF8.self)
        let ending = lineEnding(behind: content.endIndex, source)
        guard mapping["plugin"] != nil, key.value.span.end.line == line else {
            let start = mapping.entries[0].keySpan.start.offset
            return Insertion(range: start..<start, text: text + (ending.isEmpty ? "\n" : ending) + indent)
        }
        let end = content.endIndex
        return Insertion(range: end..<end, text: (ending.isEmpty ? "\n" : ending) + indent + text)
    }

    private func lineEnding(behind offset: Int, _ source: SourceText) -> String {
        let rest = source.bytes[min(offset, source.bytes.count)...].prefix(2)
        if rest.elementsEqual([0x0D, 0x0A]) { return "\r\n" }
        return rest.first == 0x0D ? "\r" : rest.isEmpty ? "" : "\n"
    }

    // MARK: Checking

    private func verify(_ bytes: [UInt8], against old: YAMLNode, _ target: Target, isEnabled: Bool) throws(Refusal) {
        let path = [target.section.rawValue, target.entry.key, "enabled"]
        let after = (try? tree(SourceText(bytes))).map { TreeText($0, except: path) }
        guard let after, after.lines == TreeText(old, except: path).lines, after.excepted == "\(isEnabled)" else {
            throw Refusal(
                description: "\(place(target.entry.keySpan)): \(target.name) is written in a way that cannot be edited "
                    + "without changing more. Set enabled: \(isEnabled) by hand.")
        }
    }
}

/// The content of a tree as lines, one value set apart.
private struct TreeText {
    private(set) var lines: [String] = []
    private(set) var excepted: String?
    private let exception: [String]

    init(_ root: YAMLNode, except path: [String]) {
        exception = path
        add(root, [])
    }

    private mutating func add(_ node: YAMLNode, _ path: [String]) {
        switch node.content {
        case .scalar(let text, let style):
            if path == exception { excepted = text } else { lines.append("\(path) \(style) \(text)") }
        case .sequence(let items, _):
            lines.append("\(path) [\(items.count)]")
            for (index, item) in items.enumerated() { add(item, path + ["\(index)"]) }
        case .mapping(let mapping):
            lines.append("\(path) {}")
            for entry in mapping.entries { add(entry.value, path + [entry.key]) }
        case .refused: lines.append("\(path) refused")
        }
    }
}
