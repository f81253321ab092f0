public import PluginKit

extension PluginDescriptor {
    /// The descriptor as `describe` answers it; what the protocol cannot carry (order books, reported figures) is left
    /// out of a provider's capabilities.
    public var json: JSONValue {
        var members: [String: JSONValue] = [
            "kind": .text(kind.rawValue), "name": .text(name), "version": .text(version), "summary": .text(summary),
            "stability": .text(stability.rawValue), "options": .array(schema.options.map(\.json)),
        ]
        if !outputs.isEmpty { members["outputs"] = .array(outputs.map(\.json)) }
        if !accepts.isEmpty { members["accepts"] = .texts(accepts.map(\.rawValue).sorted()) }
        members["provider"] = provider?.json
        return .object(members)
    }
}

extension OutputColumn {
    /// The column as `describe` and `load` answer it.
    public var json: JSONValue { .object(["name": .text(name), "unit": .text(unit), "summary": .text(summary)]) }
}

extension ProviderCapabilities {
    fileprivate var json: JSONValue {
        .object([
            "fetches": .texts(fetches.intersection([.bar, .quote]).map(\.rawValue).sorted()),
            "streams": .texts(streams.intersection([.bar, .quote, .trade]).map(\.rawValue).sorted()),
            "is_replay": .boolean(isReplay), "needs_network": .boolean(needsNetwork),
            "venues": .texts(venues.sorted()), "credentials": .texts(credentials), "rate_limit": .text(rateLimit),
        ])
    }
}

extension ConfigurationOption {
    /// The option as `describe` answers it.
    fileprivate var json: JSONValue {
        var members = type.json
        members["name"] = .text(name)
        members["summary"] = .text(summary)
        if isRequired { members["required"] = .boolean(true) }
        members["unit"] = unit.map { .text($0) }
        members["default"] = defaultValue?.json
        return .object(members)
    }
}

extension OptionType {
    /// The members that say which values are allowed.
    fileprivate var json: [String: JSONValue] {
        switch self {
        case .text: ["type": .text("text")]
        case .symbol: ["type": .text("symbol")]
        case .integer(let range):
            Self.json("integer", .integer(Int64(range.lowerBound)), .integer(Int64(range.upperBound)))
        case .number(let range): Self.json("number", .number(range.lowerBound), .number(range.upperBound))
        case .ratio(let range): Self.json("ratio", .number(range.lowerBound), .number(range.upperBound))
        case .boolean: ["type": .text("boolean")]
        case .duration(let range):
            Self.json("duration", .number(range.lowerBound / .seconds(1)), .number(range.upperBound / .seconds(1)))
        case .secret: ["type": .text("secret")]
        case .choice(let words): ["type": .text("choice"), "words": .texts(words)]
        case .path: ["type": .text("path")]
        case .reference(let kind): ["type": .text("reference"), "kind": .text(kind.rawValue)]
        case .list(let element, let counts):
            Self.json("list", .integer(Int64(counts.lowerBound)), .integer(Int64(counts.upperBound)))
                .merging(["item": .object(element.json)]) { first, _ in first }
        case .map(let element): ["type": .text("map"), "item": .object(element.json)]
        case .record(let schema): ["type": .text("record"), "options": .array(schema.options.map(\.json))]
        }
    }

    private static func json(_ name: String, _ low: JSONValue, _ high: JSONValue) -> [String: JSONValue] {
        ["type": .text(name), "minimum": low, "maximum": high]
    }
}
