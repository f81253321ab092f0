package import PluginKit

/// One key of the manifest: its name, type, default and meaning.
package struct Field: Sendable, Equatable {
    /// The key.
    package let name: String
    /// How its value is read and what is allowed.
    package let type: FieldType
    /// The value where the key is absent.
    package let defaultValue: ConfigurationValue?
    /// Whether the key must be present.
    package let isRequired: Bool
    /// The unit of a number.
    package let unit: String?
    /// One sentence: what it means.
    package let summary: String

    /// Creates a field.
    package init(
        _ name: String, _ type: FieldType, default defaultValue: ConfigurationValue? = nil, isRequired: Bool = false,
        unit: String? = nil, _ summary: String
    ) {
        self.name = name
        self.type = type
        self.defaultValue = defaultValue
        self.isRequired = isRequired
        self.unit = unit
        self.summary = summary
    }

    /// The field of a plugin's option.
    package init(_ option: ConfigurationOption) {
        self.init(
            option.name, FieldType(option.type), default: option.defaultValue, isRequired: option.isRequired,
            unit: option.unit, option.summary)
    }
}
