public import PluginKit

extension PluginDescriptor {
    /// The descriptor as `describe` answers it.
    public var json: JSONValue {
        var members: [String: JSONValue] = [
            "kind": .text(kind.rawValue), "name": .text(name), "version": .text(version), "summary": .text(summary),
            "stability": .text(stability.rawValue), "options": .array(schema.options.map(\.json)),
        ]
        if !outputs.isEmpty { members["outputs"] = .array(outputs.map(\.json)) }
        if !accepts.isEmpty { members["accepts"] = .texts(accepts.map(\.rawValue).sorted()) }
        if kind == .indicator { members["reads"] = .text(reads.rawValue) }
        if combines { members["combines"] = .boolean(true) }
        if learns { members["learns"] = .boolean(true) }
        if weighs { members["weighs"] = .boolean(true) }
        members["provider"] = provider?.json
        return .object(members)
    }
}

extension OutputColumn {
    /// The column as `describe` and `load` answer it.
    public var json: JSONValue {
        var members: [String: JSONValue] = ["name": .text(name), "unit": .text(unit), "summary": .text(summary)]
        let (word, share) = role.words
        if role != .value { members["role"] = .text(word) }
        members["probability"] = share.map { .number($0) }
        return .object(members)
    }
}

extension OutputColumn.Role {
    /// The role's word and, where it has one, its probability.
    public var words: (String, Double?) {
        switch self {
        case .value: ("value", nil)
        case .lower(let share): ("lower", share)
        case .upper(let share): ("upper", share)
        case .quantile(let share): ("quantile", share)
        case .variance: ("variance", nil)
        case .probability: ("probability", nil)
        case .action: ("action", nil)
        }
    }

    /// Reads a role; `nil` where there is none of that word, or its probability is not between 0 and 1.
    public init?(_ word: String, probability: Double?) {
        let share = probability.flatMap { $0 > 0 && $0 < 1 ? $0 : nil }
        switch (word, share) {
        case ("value", _): self = .value
        case ("lower", let share?): self = .lower(share)
        case ("upper", let share?): self = .upper(share)
        case ("quantile", let share?): self = .quantile(share)
        case ("variance", _): self = .variance
        case ("probability", _): self = .probability
        case ("action", _): self = .action
        default: return nil
        }
    }
}

extension ProviderCapabilities {
    fileprivate var json: JSONValue {
        .object([
            "fetches": .texts(fetches.map(\.rawValue).sorted()),
            "streams": .texts(streams.map(\.rawValue).sorted()),
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
