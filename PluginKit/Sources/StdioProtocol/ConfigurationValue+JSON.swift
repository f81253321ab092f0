public import PluginKit

extension ConfigurationValue {
    /// Reads a value by its option's type; `nil` where it is none of that type.
    ///
    /// Ranges are not checked: a default outside of its own range is a fault of the descriptor, not of the protocol.
    public init?(_ json: JSONValue, _ type: OptionType) {
        switch (type, json) {
        case (.integer, .integer(let value)): self = .integer(Int(value))
        case (.number, _), (.ratio, _):
            guard let value = json.number, value.isFinite else { return nil }
            self = .number(value)
        case (.boolean, .boolean(let value)): self = .boolean(value)
        case (.duration, _):
            guard let value = json.number, abs(value) <= 1e9 else { return nil }
            self = .duration(.seconds(value))
        case (.secret, .text(let value)): self = .secret(Secret(value))
        case (.list(let element, _), .array(let items)):
            let values = items.compactMap { ConfigurationValue($0, element) }
            guard values.count == items.count else { return nil }
            self = .list(values)
        case (.map(let element), .object(let members)):
            let values = members.compactMapValues { ConfigurationValue($0, element) }
            guard values.count == members.count else { return nil }
            self = .map(values)
        case (.record(let schema), .object(let members)):
            var values: [String: ConfigurationValue] = [:]
            for (name, member) in members {
                guard let option = schema[name], let value = ConfigurationValue(member, option.type) else { return nil }
                values[name] = value
            }
            self = .map(values)
        case (.text, .text(let value)), (.symbol, .text(let value)), (.path, .text(let value)),
            (.choice, .text(let value)), (.reference, .text(let value)):
            self = .text(value)
        default: return nil
        }
    }

    /// Reads a value as JSON types it; `nil` for `null`. For values that are none of their option's type.
    public init?(untyped json: JSONValue) {
        switch json {
        case .null: return nil
        case .boolean(let value): self = .boolean(value)
        case .integer(let value): self = .integer(Int(value))
        case .number(let value): self = .number(value)
        case .text(let value): self = .text(value)
        case .array(let items): self = .list(items.compactMap { ConfigurationValue(untyped: $0) })
        case .object(let members): self = .map(members.compactMapValues { ConfigurationValue(untyped: $0) })
        }
    }

    /// The value as the protocol writes it: durations in seconds, secrets in the clear, since they go to their owner.
    public var json: JSONValue {
        switch self {
        case .text(let value): .text(value)
        case .integer(let value): .integer(Int64(value))
        case .number(let value): .finite(value)
        case .boolean(let value): .boolean(value)
        case .duration(let value): .number(value / .seconds(1))
        case .secret(let value): .text(value.reveal())
        case .list(let values): .array(values.map(\.json))
        case .map(let values): .object(values.mapValues(\.json))
        }
    }
}
