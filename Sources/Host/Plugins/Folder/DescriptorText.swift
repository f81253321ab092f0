import HostManifest
import PluginKit
import StdioProtocol

/// Writes what a plugin is as the keys of a `plugin.yaml`; `DescriptorReader` reads the same back.
struct DescriptorText {
    /// The plugin.
    let descriptor: PluginDescriptor

    /// The keys in the order of the documentation, each with its whole text; keys without content are absent.
    var entries: [(key: String, text: String)] {
        var entries = [
            ("id", "id: \(descriptor.id)\n"),
            ("version", "version: \(Self.quoted(descriptor.version, isLine: true))\n"),
            ("summary", "summary: \(Self.quoted(descriptor.summary, isLine: true))\n"),
            ("stability", "stability: \(descriptor.stability.rawValue)\n"),
        ]
        if !descriptor.schema.options.isEmpty {
            entries.append(("options", "options:\n" + descriptor.schema.options.map { option($0, "  ") }.joined()))
        }
        if descriptor.reads != .bar { entries.append(("reads", "reads: \(descriptor.reads.rawValue)\n")) }
        if descriptor.combines { entries.append(("combines", "combines: true\n")) }
        if descriptor.learns { entries.append(("learns", "learns: true\n")) }
        if descriptor.weighs { entries.append(("weighs", "weighs: true\n")) }
        if !descriptor.outputs.isEmpty { entries.append(("outputs", outputs)) }
        if let provider = descriptor.provider { entries.append(("provider", capabilities(provider))) }
        if descriptor.kind == .sink {
            let kinds = RecordKind.allCases.filter(descriptor.accepts.contains).map(\.rawValue)
            entries.append(("accepts", "accepts: [\(kinds.joined(separator: ", "))]\n"))
        }
        return entries
    }

    private var outputs: String {
        "outputs:\n"
            + descriptor.outputs.map { column in
                let unit = column.unit.isEmpty ? "" : "unit: \(Self.quoted(column.unit)), "
                return "  \(column.name): { \(unit)\(role(column))summary: \(Self.quoted(column.summary)) }\n"
            }.joined()
    }

    private func role(_ column: OutputColumn) -> String {
        guard column.role != .value else { return "" }
        let (word, share) = column.role.words
        return "role: \(word), " + (share.map { "probability: \(OptionText.number($0)), " } ?? "")
    }

    private func capabilities(_ provider: ProviderCapabilities) -> String {
        let kinds = { (kinds: Set<EventKind>) in EventKind.allCases.filter(kinds.contains).map(\.rawValue) }
        var text = "provider:\n  fetches: \(Self.list(kinds(provider.fetches)))\n"
        text += "  streams: \(Self.list(kinds(provider.streams)))\n"
        if provider.isReplay { text += "  is_replay: true\n" }
        text += "  needs_network: \(provider.needsNetwork)\n"
        if !provider.venues.isEmpty { text += "  venues: \(Self.list(provider.venues.sorted()))\n" }
        if !provider.credentials.isEmpty { text += "  credentials: \(Self.list(provider.credentials))\n" }
        if !provider.rateLimit.isEmpty { text += "  rate_limit: \(Self.quoted(provider.rateLimit, isLine: true))\n" }
        return text
    }

    private func option(_ option: ConfigurationOption, _ indent: String) -> String {
        var lines = type(option.type, indent + "  ")
        if let value = option.defaultValue { lines += "\(indent)  default: \(Self.value(value))\n" }
        if option.isRequired { lines += "\(indent)  required: true\n" }
        if let unit = option.unit { lines += "\(indent)  unit: \(Self.quoted(unit, isLine: true))\n" }
        return "\(indent)\(option.name):\n\(lines)\(indent)  summary: \(Self.quoted(option.summary, isLine: true))\n"
    }

    private func type(_ type: OptionType, _ indent: String) -> String {
        let word = { (word: String) in "\(indent)type: \(word)\n" }
        switch type {
        case .text: return word("text")
        case .symbol: return word("symbol")
        case .boolean: return word("boolean")
        case .secret: return word("secret")
        case .path: return word("path")
        case .integer(let range): return word("integer") + bounds("\(range.lowerBound)", "\(range.upperBound)", indent)
        case .number(let range): return word("number") + bounds(range, indent)
        case .ratio(let range): return word("ratio") + bounds(range, indent)
        case .duration(let range):
            return word("duration")
                + bounds(DurationText.text(range.lowerBound), DurationText.text(range.upperBound), indent)
        case .choice(let words): return word("choice") + "\(indent)words: \(Self.list(words))\n"
        case .reference(let kind): return word("reference") + "\(indent)kind: \(kind.rawValue)\n"
        case .list(.text, 0...1_000): return word("texts")
        case .list(let element, let count):
            return word("list") + bounds("\(count.lowerBound)", "\(count.upperBound)", indent)
                + "\(indent)item:\n\(self.type(element, indent + "  "))"
        case .map(let element): return word("map") + "\(indent)item:\n\(self.type(element, indent + "  "))"
        case .record(let schema):
            return word("record") + "\(indent)options:\n" + schema.options.map { option($0, indent + "  ") }.joined()
        }
    }

    private func bounds(_ range: ClosedRange<Double>, _ indent: String) -> String {
        bounds(OptionText.number(range.lowerBound), OptionText.number(range.upperBound), indent)
    }

    private func bounds(_ low: String, _ high: String, _ indent: String) -> String {
        "\(indent)minimum: \(low)\n\(indent)maximum: \(high)\n"
    }

    private static func list(_ texts: [String]) -> String { "[\(texts.map { quoted($0) }.joined(separator: ", "))]" }

    private static func value(_ value: ConfigurationValue) -> String {
        switch value {
        case .text(let text): quoted(text)
        case .integer(let number): "\(number)"
        case .number(let number): OptionText.number(number)
        case .boolean(let flag): "\(flag)"
        case .duration(let duration): DurationText.text(duration)
        case .secret: "''"
        case .list(let items): "[\(items.map(Self.value).joined(separator: ", "))]"
        case .map(let entries):
            "{\(pairs(entries).joined(separator: ", "))}"
        }
    }

    private static func pairs(_ entries: [String: ConfigurationValue]) -> [String] {
        entries.sorted { $0.key < $1.key }.map { "\(quoted($0.key)): \(value($0.value))" }
    }

    /// A text as it can stand in the file: bare where that is safe, else in double quotes.
    ///
    /// - Parameter isLine: whether it is the rest of a line, where commas and brackets mean nothing.
    static func quoted(_ text: String, isLine: Bool = false) -> String {
        let special = isLine ? "#:" : "#:,[]{}&*!|>'\"%@`\\"
        let isBare =
            text.first.map { $0.isASCII && ($0.isLetter || $0.isNumber) } == true && text.last != " "
            && text.unicodeScalars.allSatisfy {
                $0.value >= 0x20 && $0.value < 0x7F && !special.contains(Character($0))
            }
        if isBare { return text }
        let escaped = text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"": "\\\""
            case "\\": "\\\\"
            case "\n": "\\n"
            default: String(scalar)
            }
        }
        return "\"\(escaped.joined())\""
    }
}
