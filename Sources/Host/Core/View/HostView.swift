package import PluginKit

/// Everything a reader outside the pipeline may see: what the gateway, the metrics and the terminal show.
package struct HostView: Sendable {
    /// Names of instruments.
    package let instruments: InstrumentTable
    /// Newest bars and predictions.
    package let latest: LatestValues
    /// Stored bars.
    package let bars: any EventStore
    /// Predictions with what became of them; `nil` where nobody keeps them.
    package let outcomes: (any OutcomeStore)?
    /// States of the instances.
    package let board: InstanceBoard
    /// Fitted models.
    package let models: ModelBoard
    /// Plugins that can be named in the manifest.
    package var plugins: [PluginDescriptor] { catalogue.value }
    /// Counters of every pipeline, as they are now.
    package let counters: @Sendable () -> [FlowSnapshot]
    /// How each provider answers, by its id, as it is now.
    package let providers: @Sendable () -> [(id: String, standing: ProviderGate.Report)]
    /// How new what each pipeline has is, as it is now.
    package let freshness: @Sendable () -> [Freshness]
    /// Numbers that plugins report of themselves.
    package let pluginMetrics: PluginMetrics
    /// The host's version.
    package let version: String
    /// When the process started, nanoseconds since the Unix epoch, UTC.
    package let startedAt: Int64

    private let catalogue: Guarded<[PluginDescriptor]>

    /// Replaces the plugins that can be named in the manifest, after a reload.
    package func set(plugins: [PluginDescriptor]) { catalogue.change { $0 = plugins } }

    /// Creates a view.
    package init(
        instruments: InstrumentTable, latest: LatestValues, bars: any EventStore, board: InstanceBoard,
        models: ModelBoard, plugins: [PluginDescriptor], counters: @escaping @Sendable () -> [FlowSnapshot],
        version: String, startedAt: Int64,
        providers: @escaping @Sendable () -> [(id: String, standing: ProviderGate.Report)] = { [] },
        freshness: @escaping @Sendable () -> [Freshness] = { [] },
        pluginMetrics: PluginMetrics = PluginMetrics(), outcomes: (any OutcomeStore)? = nil
    ) {
        self.outcomes = outcomes
        self.instruments = instruments
        self.latest = latest
        self.bars = bars
        self.board = board
        self.models = models
        catalogue = Guarded(plugins)
        self.counters = counters
        self.providers = providers
        self.freshness = freshness
        self.pluginMetrics = pluginMetrics
        self.version = version
        self.startedAt = startedAt
    }
}
