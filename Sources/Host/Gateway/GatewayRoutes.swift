import HTTPTypes
import HostCore
import HostWebSocket
import Hummingbird

/// The gateway's routes: which path gives which answer.
struct GatewayRoutes {
    private let view: HostView
    private let hub: ChannelHub
    private let quotes: QuoteAnswers
    private let history: HistoryAnswers
    private let predictions: PredictionAnswers
    private let system: SystemAnswers
    private let plugins: PluginAnswers
    private let configuration: ConfigurationAnswers?
    private let metrics: @Sendable () -> [UInt8]

    /// Creates the routes over a host.
    init(
        view: HostView, hub: ChannelHub, requests: RequestCounters, quotes: QuoteAnswers,
        control: ConfigurationControl?, metrics: @escaping @Sendable () -> [UInt8]
    ) {
        self.view = view
        self.hub = hub
        self.quotes = quotes
        self.metrics = metrics
        history = HistoryAnswers(view)
        predictions = PredictionAnswers(view)
        system = SystemAnswers(view, hub: hub, requests: requests)
        plugins = PluginAnswers(view)
        configuration = control.map(ConfigurationAnswers.init(control:))
    }

    /// Every path with its methods, the WebSocket channels and the caller's own included.
    func table(adding added: [Gateway.Route]) -> RouteTable {
        let own = [
            "/health", "/metrics", "/api/v2/system/health", "/api/v2/system/status", "/api/v2/system/metrics",
            QuoteAnswers.path, HistoryAnswers.path, PredictionAnswers.path, PredictionAnswers.modelPath,
            PluginAnswers.path,
        ]
        let changing =
            configuration == nil
            ? []
            : [
                (ConfigurationAnswers.path, ["GET", "HEAD", "PUT"]), (ConfigurationAnswers.planPath, ["GET", "HEAD"]),
            ]
        return RouteTable(
            (own + hub.channels).map { ($0, ["GET", "HEAD"]) } + changing + added.map { ($0.path, [$0.method]) })
    }

    /// Adds the routes to a router.
    func add(to router: Router<BasicRequestContext>) {
        addSystem(to: router)
        router.get(RouterPath(QuoteAnswers.path)) { [quotes] request, _ in try quotes.reply(request.uri.query ?? "") }
        router.get(RouterPath(HistoryAnswers.path)) { [history] request, context in
            let symbol = QueryParameters.decoded(context.parameters.get("symbol") ?? "")
            return try await history.reply(symbol: symbol, query: request.uri.query ?? "")
        }
        router.get(RouterPath(PredictionAnswers.path)) { [predictions] request, _ in
            try predictions.predictions(request.uri.query ?? "")
        }
        router.get(RouterPath(PredictionAnswers.modelPath)) { [predictions] request, context in
            try predictions.model(
                QueryParameters.decoded(context.parameters.get("model") ?? ""), query: request.uri.query ?? "")
        }
        router.get(RouterPath(PluginAnswers.path)) { [plugins] _, _ in plugins.reply() }
        guard let configuration else { return }
        router.get(RouterPath(ConfigurationAnswers.path)) { _, _ in configuration.describe() }
        router.get(RouterPath(ConfigurationAnswers.planPath)) { _, _ in await configuration.plan() }
        router.put(RouterPath(ConfigurationAnswers.path)) { request, _ in try await configuration.reload(request) }
    }

    private func addSystem(to router: Router<BasicRequestContext>) {
        router.get("/health") { [system] _, _ in system.health() }
        router.get("/metrics") { [metrics] _, _ in
            Reply(contentType: "text/plain; version=0.0.4; charset=utf-8", metrics())
        }
        router.get("/api/v2/system/health") { [system] _, _ in system.systemHealth() }
        router.get("/api/v2/system/status") { [system] _, _ in system.status() }
        router.get("/api/v2/system/metrics") { [system] _, _ in system.metrics() }
    }
}
