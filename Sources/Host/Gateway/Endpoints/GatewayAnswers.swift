import HostCore
import HostWebSocket
import TradingCalendars

/// Everything that makes answers, for the endpoints to choose from.
struct GatewayAnswers: Sendable {
    let system: SystemAnswers
    let quotes: QuoteAnswers
    let history: HistoryAnswers
    let predictions: PredictionAnswers
    let outcomes: OutcomeAnswers
    let plugins: PluginAnswers
    let configuration: ConfigurationAnswers
    let quarantine: QuarantineAnswers
    let data: DataAnswers
    let versions: VersionAnswers
    let drift: DriftAnswers
    let strategies: StrategyAnswers
    let risk: RiskAnswers
    let description: DescriptionAnswers
    let stocks: StockAnswers
    let indicators: IndicatorAnswers
    let explain: ExplainAnswers
    let lists: ListAnswers
    let dashboard: DashboardFiles
    let sessions: SessionAnswers
    let audit: AuditAnswers
    let metrics: @Sendable () -> [UInt8]
    private let view: HostView

    /// Creates the answers over a host.
    init(
        view: HostView, hub: ChannelHub, requests: RequestCounters, control: ConfigurationControl?,
        quarantine: QuarantineControl? = nil, data: DataControl? = nil, indicators: IndicatorControl? = nil,
        calendars: CalendarBook? = nil, versions: VersionControl? = nil, strategies: StrategyControl? = nil,
        risk: RiskControl? = nil, dashboard: String? = nil, sessions: SessionAnswers, audit: AuditControl? = nil,
        metrics: @escaping @Sendable () -> [UInt8]
    ) {
        self.view = view
        self.metrics = metrics
        system = SystemAnswers(view, hub: hub, requests: requests)
        quotes = QuoteAnswers(view)
        history = HistoryAnswers(view)
        predictions = PredictionAnswers(view)
        outcomes = OutcomeAnswers(view)
        plugins = PluginAnswers(view)
        configuration = ConfigurationAnswers(control: control)
        self.quarantine = QuarantineAnswers(control: quarantine)
        self.data = DataAnswers(control: data)
        self.versions = VersionAnswers(control: versions)
        drift = DriftAnswers(view)
        self.strategies = StrategyAnswers(control: strategies)
        self.risk = RiskAnswers(control: risk)
        stocks = StockAnswers(view, calendars)
        self.indicators = IndicatorAnswers(view, indicators)
        explain = ExplainAnswers(view, indicators)
        lists = ListAnswers(view)
        self.dashboard = DashboardFiles(folder: dashboard)
        self.sessions = sessions
        self.audit = AuditAnswers(control: audit)
        description = DescriptionAnswers(
            version: view.version, channels: hub.channels + hub.channels.map(EventStreams.path))
    }

    /// How far the host's start is.
    var readiness: Readiness { Readiness(view) }

    /// Whether no instrument had an event yet.
    var hasServedNothing: Bool { view.latest.instruments.isEmpty }
}
