/// The options a plugin takes: the single source for parsing, validation, help, JSON Schema and sample YAML.
///
/// ```swift
/// static let schema = ConfigurationSchema([
///     .integer("period", 2...100_000, default: 14, unit: "bars", "Bars the average runs over."),
///     .secret("api_key", isRequired: true, "Key of the account."),
/// ])
/// ```
public struct ConfigurationSchema: Sendable, Equatable {
    /// The options in the order they are documented.
    public let options: [ConfigurationOption]

    /// Creates a schema; option names are unique `snake_case`.
    public init(_ options: [ConfigurationOption]) { self.options = options }

    /// Returns the option of that name.
    public subscript(name: String) -> ConfigurationOption? { options.first { $0.name == name } }
}

/// How the text of a scalar is read. YAML's own typing never decides: `000001`, `ON` and `1e5` stay symbols.
public indirect enum OptionType: Sendable, Equatable {
    /// Any text.
    case text
    /// An instrument's name, kept as written.
    case symbol
    /// A whole number in a range.
    case integer(ClosedRange<Int>)
    /// A finite number in a range.
    case number(ClosedRange<Double>)
    /// A fraction (`0.05`, never `5%`) in a range.
    case ratio(ClosedRange<Double>)
    /// `true` or `false`.
    case boolean
    /// A span with its unit: `250ms`, `10s`, `5m`, `1h`, `3d`.
    case duration(ClosedRange<Duration>)
    /// A text that is never shown.
    case secret
    /// One of the named words.
    case choice([String])
    /// A path; relative ones are resolved from the manifest's folder.
    case path
    /// The id of another instance in the manifest.
    case reference(PluginKind)
    /// Several values of one type, with how many are allowed.
    case list(OptionType, ClosedRange<Int>)
    /// Free keys to values of one type.
    case map(OptionType)
    /// A fixed set of keys.
    case record(ConfigurationSchema)
}

/// One option of a plugin.
public struct ConfigurationOption: Sendable, Equatable {
    /// The key in YAML, `snake_case`.
    public let name: String
    /// How its value is read and what is allowed.
    public let type: OptionType
    /// The value where the key is absent.
    public let defaultValue: ConfigurationValue?
    /// Whether the key must be present.
    public let isRequired: Bool
    /// The unit of a number: `bars`, `shares`, `requests/min`.
    public let unit: String?
    /// One sentence: what it means.
    public let summary: String

    /// Creates an option of any type; the named makers below are shorter.
    public init(
        _ name: String, _ type: OptionType, default defaultValue: ConfigurationValue? = nil, isRequired: Bool = false,
        unit: String? = nil, _ summary: String
    ) {
        self.name = name
        self.type = type
        self.defaultValue = defaultValue
        self.isRequired = isRequired
        self.unit = unit
        self.summary = summary
    }

    /// A whole number with a default.
    public static func integer(
        _ name: String, _ range: ClosedRange<Int>, default value: Int, unit: String? = nil, _ summary: String
    ) -> ConfigurationOption {
        ConfigurationOption(name, .integer(range), default: .integer(value), unit: unit, summary)
    }

    /// A finite number with a default.
    public static func number(
        _ name: String, _ range: ClosedRange<Double>, default value: Double, unit: String? = nil, _ summary: String
    ) -> ConfigurationOption {
        ConfigurationOption(name, .number(range), default: .number(value), unit: unit, summary)
    }

    /// A fraction with a default.
    public static func ratio(
        _ name: String, _ range: ClosedRange<Double>, default value: Double, _ summary: String
    ) -> ConfigurationOption {
        ConfigurationOption(name, .ratio(range), default: .number(value), summary)
    }

    /// A switch with a default.
    public static func boolean(_ name: String, default value: Bool, _ summary: String) -> ConfigurationOption {
        ConfigurationOption(name, .boolean, default: .boolean(value), summary)
    }

    /// A span with a default.
    public static func duration(
        _ name: String, _ range: ClosedRange<Duration>, default value: Duration, _ summary: String
    ) -> ConfigurationOption {
        ConfigurationOption(name, .duration(range), default: .duration(value), summary)
    }

    /// One of a set of words, with a default.
    public static func choice(
        _ name: String, _ words: [String], default value: String, _ summary: String
    ) -> ConfigurationOption {
        ConfigurationOption(name, .choice(words), default: .text(value), summary)
    }

    /// A text, with or without a default.
    public static func text(
        _ name: String, default value: String? = nil, isRequired: Bool = false, _ summary: String
    ) -> ConfigurationOption {
        ConfigurationOption(name, .text, default: value.map { .text($0) }, isRequired: isRequired, summary)
    }

    /// A path, with or without a default.
    public static func path(
        _ name: String, default value: String? = nil, isRequired: Bool = false, _ summary: String
    ) -> ConfigurationOption {
        ConfigurationOption(name, .path, default: value.map { .text($0) }, isRequired: isRequired, summary)
    }

    /// A secret text.
    public static func secret(_ name: String, isRequired: Bool = false, _ summary: String) -> ConfigurationOption {
        ConfigurationOption(name, .secret, isRequired: isRequired, summary)
    }
}
