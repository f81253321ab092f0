package import PluginKit

/// Reads and writes single option values outside a manifest: the defaults in a plugin's own file.
package enum OptionText {
    /// Why a value is not allowed: what is, in words.
    package struct Refusal: Error {
        /// What is allowed.
        package let allowed: String
    }

    /// Reads a node by the declared type; references such as `${env:X}` are plain text here.
    package static func read(_ node: YAMLNode, _ type: OptionType) throws(Refusal) -> ConfigurationValue {
        switch (type, node.content) {
        case (.list(let element, let count), .sequence(let items, _)):
            guard count.contains(items.count) else { throw refusal(type) }
            var values: [ConfigurationValue] = []
            for item in items { values.append(try read(item, element)) }
            return .list(values)
        case (.map(let element), .mapping(let mapping)):
            var values: [String: ConfigurationValue] = [:]
            for entry in mapping.entries { values[entry.key] = try read(entry.value, element) }
            return .map(values)
        case (.record(let schema), .mapping(let mapping)):
            var values: [String: ConfigurationValue] = [:]
            for entry in mapping.entries {
                guard let option = schema[entry.key] else { throw refusal(type) }
                values[entry.key] = try read(entry.value, option.type)
            }
            return .map(values)
        case (_, .scalar(let text, _)):
            do {
                return try Coercion(Field("", FieldType(type), "")).value(text)
            } catch {
                throw Refusal(allowed: error.allowed)
            }
        default: throw refusal(type)
        }
    }

    /// Writes a number so that it is read back to the bit.
    package static func number(_ value: Double) -> String { NumberText.text(value) }

    /// Reads a finite number; `nil` where the text is none.
    package static func number(_ text: String) -> Double? { NumberText.number(text) }

    /// Reads a whole number; `nil` where the text is none.
    package static func integer(_ text: String) -> Int? { NumberText.wholeDigits(text).flatMap { Int($0) } }

    private static func refusal(_ type: OptionType) -> Refusal { Refusal(allowed: FieldType(type).allowed()) }
}
