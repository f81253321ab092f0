import HTTPTypes

/// Every route of the gateway but for the WebSocket channels.
extension Endpoint {
    static let all: [Endpoint] = system + [quotes] + data + configuration + quarantine

    private static let system = [
        Endpoint(method: .get, path: "/health", summary: "one word, for supervisors and load balancers") {
            answers, _ in answers.system.health()
        },
        Endpoint(method: .get, path: "/health/live", summary: "200 while the process answers") {
            answers, _ in answers.system.live()
        },
        Endpoint(
            method: .get, path: "/health/ready",
            summary: "200 once every pipeline has served or ended; 503 with the reasons"
        ) { answers, _ in answers.system.ready() },
        Endpoint(method: .get, path: "/metrics", summary: "every counter in Prometheus' text format") {
            answers, _ in Reply(contentType: "text/plain; version=0.0.4; charset=utf-8", answers.metrics())
        },
        Endpoint(method: .get, path: "/api/v2/system/health", summary: "the state of each instance") {
            answers, _ in answers.system.systemHealth()
        },
        Endpoint(
            method: .get, path: "/api/v2/system/status",
            summary: "version, uptime, instances, models, pipelines with their counters"
        ) { answers, _ in answers.system.status() },
        Endpoint(method: .get, path: "/api/v2/system/metrics", summary: "the counters as JSON") {
            answers, _ in answers.system.metrics()
        },
    ]

    /// The newest bars; also answered on the connection's event loop (`HotRoutes`).
    static let quotes = Endpoint(
        method: .get, path: "/api/v2/stocks/quotes", summary: "the last bar of each symbol, as a quote",
        parameters: [Parameter(required: "symbols", .symbols(SymbolList.most))] + PipelineFilter.parameters,
        servesData: true
    ) { answers, request in try answers.quotes.reply(request.query) }

    private static let data = [
        Endpoint(
            method: .get, path: "/api/v2/stocks/{symbol}/historical", summary: "stored bars, or events of another kind",
            parameters: HistoryQuery.parameters, servesData: true
        ) { answers, request in try await answers.history.reply(symbol: request.name, request.query) },
        Endpoint(
            method: .get, path: "/api/v2/ai/predictions", summary: "the newest predictions",
            parameters: [
                Parameter("symbols", .symbols(SymbolList.most), standard: "every instrument"),
                Parameter("model", .id, standard: "every model"),
            ] + PipelineFilter.parameters, servesData: true
        ) { answers, request in try answers.predictions.predictions(request.query, answers.readiness) },
        Endpoint(
            method: .get, path: "/api/v2/ai/models/{model}/status", summary: "how a model stands, with its card",
            parameters: [Parameter("pipeline", .id, standard: "the first that has it")], servesData: true
        ) { answers, request in try answers.predictions.model(request.name, request.query) },
        Endpoint(
            method: .get, path: "/api/v2/plugins", summary: "what can be named in the manifest, and what was"
        ) { answers, _ in answers.plugins.reply() },
    ]

    private static let configuration = [
        Endpoint(
            method: .get, path: ConfigurationAnswers.path, summary: "the manifest's file, its revision, the last reload"
        ) { answers, _ in try answers.configuration.describe() },
        Endpoint(
            method: .get, path: "/api/v2/config/plan",
            summary: "what a reload of the file would do; 422 with its faults", needsProof: true
        ) { answers, _ in try await answers.configuration.plan() },
        Endpoint(
            method: .put, path: ConfigurationAnswers.path,
            summary: "reloads: the file with an empty body, else the manifest in the body", needsProof: true
        ) { answers, request in try await answers.configuration.reload(request.request) },
    ]

    private static let quarantine = [
        Endpoint(
            method: .get, path: "/api/v2/data",
            summary: "how much is stored of each instrument, what the venue's calendar misses in it, or what is odd",
            parameters: DataAnswers.parameters, needsProof: true
        ) { answers, request in try await answers.data.reply(request.query) },
        Endpoint(
            method: .get, path: QuarantineAnswers.path, summary: "refused rows, the newest first",
            parameters: QuarantineAnswers.filters, needsProof: true
        ) { answers, request in try await answers.quarantine.list(request.query) },
        Endpoint(
            method: .post, path: QuarantineAnswers.path + "/release",
            summary: "accepts refused bars after all: stores them and gives them to the sinks as revisions",
            parameters: [QuarantineAnswers.rows], needsProof: true
        ) { answers, request in try await answers.quarantine.act(.release, request.query) },
        Endpoint(
            method: .delete, path: QuarantineAnswers.path, summary: "forgets refused rows",
            parameters: [QuarantineAnswers.rows], needsProof: true
        ) { answers, request in try await answers.quarantine.act(.delete, request.query) },
    ]
}
