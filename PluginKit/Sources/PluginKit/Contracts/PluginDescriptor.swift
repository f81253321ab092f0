/// The four kinds of plugin.
public enum PluginKind: String, Sendable, Hashable, CaseIterable {
    /// Brings market data in.
    case provider
    /// Turns market data into features.
    case indicator
    /// Turns features into predictions.
    case model
    /// Takes records out.
    case sink
}

/// How settled a plugin's options and outputs are.
public enum Stability: String, Sendable, Hashable {
    /// May change in any version.
    case experimental
    /// Changes only with notice.
    case stable
    /// Will be removed; the README says what replaces it.
    case deprecated
}

/// One named column that an indicator or a model gives.
public struct OutputColumn: Sendable, Hashable {
    /// `snake_case` name, unique in the plugin; `value` for a single one.
    public let name: String
    /// Unit: `quote currency`, `fraction`, `0...100`, `shares`; empty for none.
    public let unit: String
    /// One sentence: what it means.
    public let summary: String
    /// What a reader may do with it.
    public let role: Role

    /// What the numbers of a column are, which decides how they are scored and shown.
    public enum Role: Sendable, Hashable {
        /// The thing itself: a feature, a prediction in the target's unit.
        case value
        /// Lower end of an interval that holds the outcome with this probability.
        case lower(Double)
        /// Upper end of an interval that holds the outcome with this probability.
        case upper(Double)
        /// The outcome is below with this probability.
        case quantile(Double)
        /// Expected squared distance of the outcome from the prediction.
        case variance
        /// Probability of an outcome, 0...1.
        case probability
        /// What to do: a position to hold, as a fraction of the capital.
        case action
    }

    /// Creates a column.
    public init(_ name: String, unit: String, _ summary: String, role: Role = .value) {
        self.name = name
        self.unit = unit
        self.summary = summary
        self.role = role
    }
}

/// What a plugin is and can do, known without building it; pure data.
public struct PluginDescriptor: Sendable {
    /// The kind.
    public let kind: PluginKind
    /// The name in YAML, `lower_snake_case`.
    public let name: String
    /// The plugin's version, `1.0.0`.
    public let version: String
    /// One sentence: what it does.
    public let summary: String
    /// How settled it is.
    public let stability: Stability
    /// The options it takes.
    public let schema: ConfigurationSchema
    /// What an indicator or model gives, in order; empty for providers and sinks.
    public let outputs: [OutputColumn]
    /// What a provider can do; `nil` for other kinds.
    public let provider: ProviderCapabilities?
    /// What a sink takes; empty for other kinds.
    public let accepts: Set<RecordKind>
    /// The kind of event an indicator reads; means nothing for other kinds.
    public private(set) var reads: EventKind = .bar
    /// Whether a model combines the predictions of others: then it needs `members`, and a number that a member does not give
    /// is NaN to it, in training and in service. Means nothing for other kinds.
    public private(set) var combines = false
    /// Whether a model goes on learning while it serves: then its predictors are `OnlinePredictor`s, and it is fitted again only
    /// where its configuration or what it was fitted on changed. Means nothing for other kinds.
    public private(set) var learns = false
    /// Whether a model heeds the weights of a training set; one that does not is never given any. Means nothing for other kinds.
    public private(set) var weighs = false

    /// Creates a descriptor.
    public init(
        kind: PluginKind, name: String, version: String = "1.0.0", summary: String, stability: Stability = .stable,
        schema: ConfigurationSchema, outputs: [OutputColumn] = [], provider: ProviderCapabilities? = nil,
        accepts: Set<RecordKind> = []
    ) {
        self.kind = kind
        self.name = name
        self.version = version
        self.summary = summary
        self.stability = stability
        self.schema = schema
        self.outputs = outputs
        self.provider = provider
        self.accepts = accepts
    }

    /// Returns the descriptor of an indicator that reads a kind of event.
    public func reading(_ kind: EventKind) -> PluginDescriptor {
        var descriptor = self
        descriptor.reads = kind
        return descriptor
    }

    /// Returns the descriptor of a model that combines the predictions of others.
    public func combining() -> PluginDescriptor {
        var descriptor = self
        descriptor.combines = true
        return descriptor
    }

    /// Returns the descriptor of a model that goes on learning while it serves.
    public func learning() -> PluginDescriptor {
        var descriptor = self
        descriptor.learns = true
        return descriptor
    }

    /// Returns the descriptor of a model that heeds the weights of its training set.
    public func weighing() -> PluginDescriptor {
        var descriptor = self
        descriptor.weighs = true
        return descriptor
    }

    /// `provider/yahoo`, `indicator/rsi`: how text and messages name the plugin.
    public var id: String { "\(kind.rawValue)/\(name)" }
}

/// What a provider can fetch and stream.
public struct ProviderCapabilities: Sendable {
    /// Kinds it answers requests for.
    public let fetches: Set<EventKind>
    /// Kinds it pushes.
    public let streams: Set<EventKind>
    /// Whether its stream is the past played again: then the pipeline's clock follows the events.
    public let isReplay: Bool
    /// Whether it needs the network.
    public let needsNetwork: Bool
    /// Venues it covers; empty for any.
    public let venues: Set<String>
    /// Names of the options that hold credentials.
    public let credentials: [String]
    /// Typical limits in words: `5 requests/min, 500 a day`; empty for none.
    public let rateLimit: String

    /// Creates capabilities.
    public init(
        fetches: Set<EventKind>, streams: Set<EventKind>, isReplay: Bool = false, needsNetwork: Bool = true,
        venues: Set<String> = [], credentials: [String] = [], rateLimit: String = ""
    ) {
        self.fetches = fetches
        self.streams = streams
        self.isReplay = isReplay
        self.needsNetwork = needsNetwork
        self.venues = venues
        self.credentials = credentials
        self.rateLimit = rateLimit
    }
}
