/// The top-level keys of a manifest.
package enum TopLevel {
    /// Keys that begin so belong to the user and are not read.
    package static let freePrefix = "x-"

    /// The keys in the order of the documentation.
    package static let keys = ["version", "host"] + sections.map(\.rawValue) + ["risk"]

    /// The sections in the order of the documentation.
    package static let sections: [ManifestSection] = [
        .instruments, .providers, .routes, .indicators, .models, .sinks, .pipelines, .strategies,
    ]

    /// What a section holds, in one sentence.
    package static func summary(_ section: ManifestSection) -> String {
        switch section {
        case .instruments: "Groups of instruments: id to a list of symbols, or to a venue and its symbols."
        case .providers: "Provider instances: where market data comes from."
        case .routes: "Routes: which provider serves a pipeline."
        case .indicators: "Indicator instances: what turns market data into features."
        case .models: "Model instances: what turns features into predictions."
        case .sinks: "Sink instances: where records go."
        case .pipelines: "Pipelines: what runs on which data."
        case .strategies: "Strategies: what turns predictions and features into trades."
        }
    }

    /// The field of the whole document.
    static let document = Field("plugins.yaml", .record([]), "The manifest.")
    /// The field of `version`.
    static let version = Field(
        "version", .integer(HostFields.version...HostFields.version), isRequired: true,
        "Version of the manifest's format.")
    /// The field of `host`.
    static let host = Field("host", .record(HostFields.host), "Settings of the host itself.")

    /// The field of `risk`.
    static let risk = Field("risk", .record(HostFields.risk), "What is held, how much is too much, and who is told.")

    /// The field of a section.
    static func field(_ section: ManifestSection) -> Field {
        Field(section.rawValue, .map(.record([])), summary(section))
    }
}
