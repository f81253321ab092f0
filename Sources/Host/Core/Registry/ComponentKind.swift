package import PluginKit

/// What on the board has a state of its own: the plugin instances of the manifest, and the parts of the host beside them.
package enum ComponentKind: String, Sendable, Hashable, CaseIterable {
    /// A provider instance.
    case provider
    /// An indicator instance.
    case indicator
    /// A model instance.
    case model
    /// A sink instance.
    case sink
    /// A route of the manifest.
    case route
    /// What keeps a pipeline's events; its id is the pipeline's.
    case store
    /// A pipeline.
    case pipeline
    /// The web server.
    case gateway

    /// The kind of a plugin instance.
    package init(_ kind: PluginKind) {
        self =
            switch kind {
            case .provider: .provider
            case .indicator: .indicator
            case .model: .model
            case .sink: .sink
            }
    }

    /// Whether instances of the manifest are of this kind.
    package var isPlugin: Bool { PluginKind(rawValue: rawValue) != nil }
}
