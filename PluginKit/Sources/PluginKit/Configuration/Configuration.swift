/// The value of an option after it was read by its declared type.
public enum ConfigurationValue: Sendable, Hashable {
    /// A text, symbol, choice, path or reference.
    case text(String)
    /// A whole number.
    case integer(Int)
    /// A number or a ratio.
    case number(Double)
    /// A switch.
    case boolean(Bool)
    /// A span.
    case duration(Duration)
    /// A text that is never shown.
    case secret(Secret)
    /// Several values.
    case list([ConfigurationValue])
    /// Keys to values.
    case map([String: ConfigurationValue])
}

/// The checked options of one plugin instance: every value has its declared type, defaults are filled in.
///
/// A getter throws `.configuration` where the option has no value or another type: the plugin asked for what its schema
/// does not promise.
public struct Configuration: Sendable, Hashable {
    /// The instance the options belong to, as `kind/id`; begins every message.
    public let instance: String
    /// The values by option name.
    public let values: [String: ConfigurationValue]

    /// Creates a configuration from checked values.
    public init(instance: String, values: [String: ConfigurationValue]) {
        self.instance = instance
        self.values = values
    }

    /// Whether the option has a value.
    public func has(_ name: String) -> Bool { values[name] != nil }

    /// Returns a text, symbol, choice, path or reference.
    public func text(_ name: String) throws(PluginError) -> String {
        guard case .text(let value) = values[name] else { throw missing(name, "text") }
        return value
    }

    /// Returns a whole number.
    public func integer(_ name: String) throws(PluginError) -> Int {
        guard case .integer(let value) = values[name] else { throw missing(name, "a whole number") }
        return value
    }

    /// Returns a number or a ratio.
    public func number(_ name: String) throws(PluginError) -> Double {
        switch values[name] {
        case .number(let value): return value
        case .integer(let value): return Double(value)
        default: throw missing(name, "a number")
        }
    }

    /// Returns a switch.
    public func boolean(_ name: String) throws(PluginError) -> Bool {
        guard case .boolean(let value) = values[name] else { throw missing(name, "true or false") }
        return value
    }

    /// Returns a span.
    public func duration(_ name: String) throws(PluginError) -> Duration {
        guard case .duration(let value) = values[name] else { throw missing(name, "a duration") }
        return value
    }

    /// Returns a secret.
    public func secret(_ name: String) throws(PluginError) -> Secret {
        guard case .secret(let value) = values[name] else { throw missing(name, "a secret") }
        return value
    }

    /// Returns a list of texts.
    public func texts(_ name: String) throws(PluginError) -> [String] {
        guard case .list(let items) = values[name] else { throw missing(name, "a list") }
        var texts: [String] = []
        for case .text(let text) in items { texts.append(text) }
        guard texts.count == items.count else { throw missing(name, "a list of texts") }
        return texts
    }

    /// Returns the options of a nested record or map as a configuration of its own.
    public func nested(_ name: String) throws(PluginError) -> Configuration {
        guard case .map(let inner) = values[name] else { throw missing(name, "a mapping") }
        return Configuration(instance: instance, values: inner)
    }

    private func missing(_ name: String, _ wanted: String) -> PluginError {
        PluginError(
            .configuration, "\(instance): '\(name)' has no value that is \(wanted). Set it in plugins.yaml.")
    }
}
