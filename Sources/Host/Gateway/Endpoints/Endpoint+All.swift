import AccessScopes
import HTTPTypes

/// Every route of the gateway but for the WebSocket channels.
extension Endpoint {
    static let all: [Endpoint] =
        system + [quotes] + stocks + data + plugins + versions + strategies + risk + configuration + quarantine
        + description + dashboard + session + [audit]

    private static let system = [
        Endpoint(
            method: .get, path: "/health", summary: "one word, for supervisors and load balancers", scope: .open,
            form: .json(.status, or: [503])
        ) { answers, _ in answers.system.health() },
        Endpoint(
            method: .get, path: "/health/live", summary: "200 while the process answers", scope: .open,
            form: .json(.live)
        ) { answers, _ in answers.system.live() },
        Endpoint(
            method: .get, path: "/health/ready",
            summary: "200 once every pipeline has served or ended; 503 with the reasons", scope: .statusRead,
            form: .json(.ready, or: [503])
        ) { answers, _ in answers.system.ready() },
        Endpoint(
            method: .get, path: "/metrics", summary: "every counter in Prometheus' text format", scope: .metricsRead,
            form: .text("text/plain")
        ) { answers, _ in Reply(contentType: "text/plain; version=0.0.4; charset=utf-8", answers.metrics()) },
        Endpoint(
            method: .get, path: "/api/v2/system/health", summary: "the state of each instance", scope: .statusRead,
            form: .json(.systemHealth, or: [503])
        ) { answers, _ in answers.system.systemHealth() },
        Endpoint(
            method: .get, path: "/api/v2/system/status",
            summary: "version, uptime, instances, models, pipelines with their counters", scope: .statusRead,
            form: .json(.systemStatus)
        ) { answers, _ in answers.system.status() },
        Endpoint(
            method: .get, path: "/api/v2/system/metrics", summary: "the counters as JSON", scope: .metricsRead,
            form: .json(.systemMetrics)
        ) { answers, _ in answers.system.metrics() },
    ]

    /// The newest bars; also answered on the connection's event loop (`HotRoutes`).
    static let quotes = Endpoint(
        method: .get, path: "/api/v2/stocks/quotes", summary: "the last bar of each symbol, as a quote",
        parameters: [Parameter(required: "symbols", .symbols(SymbolList.most))] + PipelineFilter.parameters,
        scope: .dataRead, servesData: true, form: .table(.quotes, "quotes"), errors: [.unknownSymbol, .noData]
    ) { answers, request in try answers.quotes.reply(request.query) }

    private static let data = [
        Endpoint(
            method: .get, path: "/api/v2/stocks/{symbol}/historical", summary: "stored bars, or events of another kind",
            places: [symbol], parameters: HistoryQuery.parameters, scope: .dataRead, servesData: true,
            form: .table(.history, "bars", "events"),
            errors: [.unknownSymbol, .noData, .storeUnavailable]
        ) { answers, request in try await answers.history.reply(request) },
        Endpoint(
            method: .get, path: "/api/v2/ai/predictions", summary: "the newest predictions, or those of a range",
            parameters: [
                Parameter("symbols", .symbols(SymbolList.most), standard: "every instrument"),
                Parameter("model", .id, standard: "every model"),
                PredictionAnswers.limit, Cursor.parameter,
            ] + PipelineFilter.parameters + PredictionHistory.parameters, scope: .predictionsRead, servesData: true,
            form: .table(.predictions, "predictions"),
            errors: [.unknownSymbol, .noData, .unknownModel, .storeUnavailable]
        ) { answers, request in try await answers.predictions.predictions(request, answers.readiness) },
        Endpoint(
            method: .get, path: "/api/v2/ai/outcomes", summary: "predictions with what came",
            parameters: OutcomeAnswers.parameters, scope: .predictionsRead, servesData: true,
            form: .table(.outcomes, "outcomes"),
            errors: [.unknownSymbol, .unknownModel, .storeUnavailable]
        ) { answers, request in try await answers.outcomes.reply(request.query) },
        Endpoint(
            method: .get, path: "/api/v2/ai/models/{model}/status", summary: "how a model stands, with its card",
            places: [Parameter(required: "model", .id)],
            parameters: [Parameter("pipeline", .id, standard: "the first that has it")], scope: .predictionsRead,
            servesData: true,
            form: .json(.modelStatus), errors: [.unknownModel]
        ) { answers, request in try answers.predictions.model(request.name, request.query) },
    ]

    private static let configuration = [
        Endpoint(
            method: .get, path: ConfigurationAnswers.path,
            summary: "the manifest's file, its revision, the last reload", scope: .statusRead,
            form: .json(.configuration),
            errors: [.notReloadable]
        ) { answers, _ in try answers.configuration.describe() },
        Endpoint(
            method: .get, path: "/api/v2/config/plan",
            summary: "what a reload of the file would do; 422 with its faults", scope: .configurationRead,
            form: .json(.plan, or: [422]), errors: [.notReloadable]
        ) { answers, _ in try await answers.configuration.plan() },
        Endpoint(
            method: .put, path: ConfigurationAnswers.path,
            summary: "reloads: the file with an empty body, else the manifest in the body", scope: .configurationWrite,
            action: "config.reload",
            takes: "application/yaml", form: .json(.reload, or: [409, 422, 503]), errors: [.notReloadable]
        ) { answers, request in try await answers.configuration.reload(request.request) },
    ]

    private static let quarantine = [
        Endpoint(
            method: .get, path: "/api/v2/data",
            summary: "how much is stored of each instrument, what the venue's calendar misses in it, or what is odd",
            parameters: DataAnswers.parameters, scope: .quarantineRead, form: .table(.data, "series"),
            errors: [.noData, .storeUnavailable]
        ) { answers, request in try await answers.data.reply(request.query) },
        Endpoint(
            method: .get, path: QuarantineAnswers.path, summary: "refused rows, the newest first",
            parameters: QuarantineAnswers.filters, scope: .quarantineRead, form: .table(.quarantine, "rows"),
            errors: [.noQuarantine, .storeUnavailable]
        ) { answers, request in try await answers.quarantine.list(request) },
        Endpoint(
            method: .post, path: QuarantineAnswers.path + "/release",
            summary: "accepts refused bars after all: stores them and gives them to the sinks as revisions",
            parameters: [QuarantineAnswers.rows], scope: .quarantineWrite, action: "quarantine.release",
            form: .json(.quarantineOutcome),
            errors: [.noQuarantine, .storeUnavailable]
        ) { answers, request in try await answers.quarantine.act(.release, request.query) },
        Endpoint(
            method: .delete, path: QuarantineAnswers.path, summary: "forgets refused rows",
            parameters: [QuarantineAnswers.rows], scope: .quarantineWrite, action: "quarantine.delete",
            form: .json(.quarantineOutcome),
            errors: [.noQuarantine, .storeUnavailable]
        ) { answers, request in try await answers.quarantine.act(.delete, request.query) },
    ]

    private static let description = [
        Endpoint(
            method: .get, path: "/openapi.json", summary: "these routes as an OpenAPI 3.1 document", scope: .statusRead,
            form: .json(.any)
        ) { answers, _ in answers.description.document() },
        Endpoint(
            method: .get, path: "/docs", summary: "a page to read and try them, without a network", scope: .statusRead,
            form: .text("text/html")
        ) { answers, _ in answers.description.page() },
    ]

    /// An instrument in the path.
    static let symbol = Parameter(required: "symbol", .symbols(1))
}
