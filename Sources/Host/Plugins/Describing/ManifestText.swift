import HostManifest
import PluginKit

/// The text of a `plugin.yaml`, cut at its keys, so that some can be written anew and the rest stays as it is.
struct ManifestText {
    /// A key with the lines that belong to it.
    private struct Part {
        let key: String
        var text: String
        /// Comments and empty lines after it.
        var tail: String
    }

    private var head: String
    private var parts: [Part] = []

    /// The keys that describe the plugin.
    private static let described = ["id", "version", "summary", "stability"] + DescriptorReader.keys

    /// Cuts a text.
    init(_ bytes: [UInt8], name: String) throws(PluginFault) {
        let root: YAMLNode
        do {
            root = try YAMLFile.tree(of: bytes, name: name)
        } catch {
            throw PluginFault(.manifest, error.description)
        }
        guard case .mapping(let mapping) = root.content, !mapping.isFlow else {
            throw PluginFault(
                .manifest, "\(name): it is written in braces; allowed one key a line. Write it so, then try again.")
        }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        let starts = mapping.entries.map { $0.keySpan.start.line - 1 } + [lines.count]
        head = Self.joined(lines[..<starts[0]])
        for (place, entry) in mapping.entries.enumerated() {
            let all = lines[starts[place]..<starts[place + 1]]
            let isRest = { (line: Substring) in line.isEmpty || line.hasPrefix("#") }
            let end = (all.lastIndex { !isRest($0) } ?? all.startIndex) + 1
            parts.append(Part(key: entry.key, text: Self.joined(all[..<end]), tail: Self.joined(all[end...])))
        }
        if let last = parts.indices.last, parts[last].tail.hasSuffix("\n\n") || parts[last].tail == "\n" {
            parts[last].tail.removeLast()
        }
    }

    /// Returns the text with the description of a plugin: known keys in their places, new ones after `id` or before `permissions`.
    func describing(_ descriptor: PluginDescriptor) -> String {
        var parts = parts
        let entries = DescriptorText(descriptor: descriptor).entries
        let kept = Set(entries.map(\.key))
        var before = "id"
        for (key, text) in entries {
            if let place = parts.firstIndex(where: { $0.key == key }) {
                parts[place].text = text
            } else {
                let head = DescriptorReader.keys.contains(key) ? nil : parts.firstIndex { $0.key == before }
                let place = head.map { $0 + 1 } ?? parts.firstIndex { $0.key == "permissions" } ?? parts.endIndex
                parts.insert(Part(key: key, text: text, tail: ""), at: place)
            }
            before = key
        }
        return head
            + parts.map { part in
                let isGone = Self.described.contains(part.key) && !kept.contains(part.key)
                return (isGone ? "" : part.text) + part.tail
            }.joined()
    }

    private static func joined(_ lines: ArraySlice<Substring>) -> String { lines.map { "\($0)\n" }.joined() }
}
