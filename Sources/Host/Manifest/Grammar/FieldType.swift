package import PluginKit

/// The sections of a manifest whose entries have ids.
package enum ManifestSection: String, Sendable, CaseIterable {
    /// Groups of instruments.
    case instruments
    /// Providers.
    case providers
    /// Routes.
    case routes
    /// Indicators.
    case indicators
    /// Models.
    case models
    /// Sinks.
    case sinks
    /// Pipelines.
    case pipelines
    /// Strategies.
    case strategies

    /// The section that holds the instances of a kind.
    package init(_ kind: PluginKind) {
        switch kind {
        case .provider: self = .providers
        case .indicator: self = .indicators
        case .model: self = .models
        case .sink: self = .sinks
        }
    }

    /// The kind of plugin whose instances the section holds.
    package var kind: PluginKind? { PluginKind.allCases.first { ManifestSection($0) == self } }

    /// One entry of the section, in words: `provider`, `instrument group`.
    package var entryName: String {
        switch self {
        case .instruments: "instrument group"
        case .strategies: "strategy"
        default: String(rawValue.dropLast())
        }
    }
}

/// How a value of the manifest is read: the types of plugin options, and a few that only the host's own keys have.
package indirect enum FieldType: Sendable, Equatable {
    /// Any text.
    case text
    /// An instrument's name, kept as written.
    case symbol
    /// A whole number in a range.
    case integer(ClosedRange<Int>)
    /// A finite number in a range.
    case number(ClosedRange<Double>)
    /// A fraction in a range.
    case ratio(ClosedRange<Double>)
    /// `true` or `false`.
    case boolean
    /// A span with its unit.
    case duration(ClosedRange<Duration>)
    /// A text that is never shown.
    case secret
    /// One of the named words.
    case choice([String])
    /// A path.
    case path
    /// The id of an entry of a section.
    case reference(ManifestSection)
    /// Several values of one type, with how many are allowed.
    case list(FieldType, ClosedRange<Int>)
    /// Free keys to values of one type.
    case map(FieldType)
    /// A fixed set of keys.
    case record([Field])
    /// `HOST:PORT`.
    case address
    /// The span of a bar: `1d`, `5m`.
    case timeframe
    /// A count of bars: `1 bar`, `5 bars`, `5`.
    case bars(ClosedRange<Int>)
    /// What calls for a fit: `20 bars`, `drift`, `20 bars | drift`.
    case occasion
    /// Numbers of a type to search between: `[LOW, HIGH]`, or `{ from, to, scale }`.
    case space(FieldType)
    /// The word `all`, or a list of names.
    case selection(Selection)

    /// What a selection picks from.
    package enum Selection: String, Sendable {
        /// Instrument groups and symbols.
        case instruments
        /// Indicators.
        case indicators
        /// Models.
        case models
        /// Sinks.
        case sinks
        /// Indicators, or single outputs of them.
        case features
    }

    /// The type of a plugin's option.
    package init(_ type: OptionType) {
        switch type {
        case .text: self = .text
        case .symbol: self = .symbol
        case .integer(let range): self = .integer(range)
        case .number(let range): self = .number(range)
        case .ratio(let range): self = .ratio(range)
        case .boolean: self = .boolean
        case .duration(let range): self = .duration(range)
        case .secret: self = .secret
        case .choice(let words): self = .choice(words)
        case .path: self = .path
        case .reference(let kind): self = .reference(ManifestSection(kind))
        case .list(let element, let count): self = .list(FieldType(element), count)
        case .map(let element): self = .map(FieldType(element))
        case .record(let schema): self = .record(schema.options.map { Field($0) })
        }
    }
}
