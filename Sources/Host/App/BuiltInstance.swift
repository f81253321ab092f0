import PluginKit

/// An instance that was made from its declaration.
enum BuiltInstance: Sendable {
    case provider(any Provider)
    case indicator(any Indicator)
    case model(any Model)
    case sink(any Sink)

    /// Throws where its outside is not usable; an indicator has none that could be asked.
    func probe() async throws(PluginError) { try await plugin?.probe() }

    /// Ends it.
    func stop() async { await plugin?.stop() }

    private var plugin: (any Plugin)? {
        switch self {
        case .provider(let provider): provider
        case .indicator: nil
        case .model(let model): model
        case .sink(let sink): sink
        }
    }
}
