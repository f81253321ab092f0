import AccessScopes
import HTTPTypes
import PluginKit

/// The routes of what the host has by name: instruments, indicators, instances and plugins.
extension Endpoint {
    static let stocks =
        [
            Endpoint(
                method: .get, path: "/api/v2/stocks", summary: "the instruments that have an event",
                parameters: [
                    Parameter("venue", .id, standard: "every venue"), StockAnswers.limit, Cursor.parameter,
                ], scope: .dataRead, servesData: true, form: .table(.stocks, "stocks")
            ) { answers, request in try answers.stocks.list(request) },
            Endpoint(
                method: .get, path: "/api/v2/stocks/{symbol}/calendar", summary: "the sessions of its venue",
                places: [symbol], parameters: StockAnswers.days, scope: .dataRead, form: .table(.calendar, "days"),
                errors: [.unknownSymbol, .noData]
            ) { answers, request in try answers.stocks.calendar(request) },
            Endpoint(
                method: .get, path: "/api/v2/stocks/{symbol}/explain",
                summary:
                    "where a stored bar comes from, what was predicted from it, by which version, and what that saw",
                places: [symbol], parameters: ExplainAnswers.parameters, scope: .dataRead, servesData: true,
                form: .json(.explanation),
                errors: [.unknownSymbol, .noData, .storeUnavailable]
            ) { answers, request in try await answers.explain.reply(request) },
            Endpoint(
                method: .get, path: "/api/v2/stocks/{symbol}/indicators",
                summary: "indicators over stored bars, by name with their defaults, or formulas", places: [symbol],
                parameters: IndicatorAnswers.parameters, scope: .dataRead, servesData: true,
                form: .table(.indicatorValues, "rows"),
                errors: [.unknownSymbol, .noData, .storeUnavailable]
            ) { answers, request in try await answers.indicators.reply(request) },
        ]
        + [
            ("trades", EventKind.trade, "stored trades"), ("book", .orderBook, "stored order books"),
            ("ticks", .quote, "stored quotes: bid and ask"), ("fundamentals", .figure, "stored figures of its reports"),
            ("actions", .factor, "stored splits, dividends and rights"),
        ].map { name, kind, summary in
            Endpoint(
                method: .get, path: "/api/v2/stocks/{symbol}/\(name)", summary: summary, places: [symbol],
                parameters: HistoryQuery.ofEvents, scope: .dataRead, servesData: true, form: .table(.events, "events"),
                errors: [.unknownSymbol, .noData, .storeUnavailable]
            ) { answers, request in try await answers.history.reply(request, kind: kind) }
        }

    static let plugins = [
        Endpoint(
            method: .get, path: "/api/v2/plugins", summary: "what can be named in the manifest, and what was",
            scope: .statusRead,
            form: .json(.plugins)
        ) { answers, _ in answers.plugins.reply() },
        Endpoint(
            method: .get, path: "/api/v2/plugins/{kind}/{name}", summary: "one plugin: its outputs and options",
            places: [Parameter(required: "kind", .id), Parameter(required: "name", .id)], scope: .statusRead,
            form: .json(.plugin),
            errors: [.unknownInstance]
        ) { answers, request in try answers.plugins.info(kind: request.places[0], name: request.places[1]) },
        Endpoint(
            method: .get, path: "/api/v2/indicators", summary: "the indicators that can be named", scope: .statusRead,
            form: .table(.indicators, "indicators")
        ) { answers, _ in answers.plugins.indicators() },
        Endpoint(
            method: .get, path: "/api/v2/ai/models", summary: "every model of every pipeline, without cards",
            parameters: [Parameter("pipeline", .id, standard: "every pipeline")], scope: .predictionsRead,
            form: .table(.modelList, "models")
        ) { answers, request in answers.lists.models(request.query) },
        Endpoint(
            method: .get, path: "/api/v2/providers", summary: "how each provider answers on request",
            scope: .statusRead,
            form: .table(.providerList, "providers")
        ) { answers, _ in answers.lists.providers() },
        Endpoint(
            method: .get, path: "/api/v2/providers/{provider}", summary: "how one provider answers on request",
            places: [Parameter(required: "provider", .id)], scope: .statusRead, form: .json(.providerStanding),
            errors: [.unknownInstance]
        ) { answers, request in try answers.lists.provider(request.name) },
        Endpoint(
            method: .get, path: "/api/v2/pipelines", summary: "the counters of every pipeline", scope: .statusRead,
            form: .table(.pipelineList, "pipelines")
        ) { answers, _ in answers.lists.pipelines() },
        Endpoint(
            method: .get, path: "/api/v2/pipelines/{pipeline}", summary: "the counters of one pipeline",
            places: [Parameter(required: "pipeline", .id)], scope: .statusRead, form: .json(.pipeline),
            errors: [.unknownInstance]
        ) { answers, request in try answers.lists.pipeline(request.name) },
        Endpoint(
            method: .get, path: "/api/v2/instances", summary: "what was named in the manifest, with its state",
            parameters: ListAnswers.ofInstances, scope: .statusRead, form: .table(.instanceList, "instances")
        ) { answers, request in answers.lists.instances(request.query) },
        enabling(true), enabling(false),
    ]

    private static func enabling(_ isEnabled: Bool) -> Endpoint {
        let word = isEnabled ? "enable" : "disable"
        return Endpoint(
            method: .post, path: "/api/v2/instances/{kind}/{id}/\(word)",
            summary: "switches an instance \(isEnabled ? "on" : "off") in the manifest's file, and reloads",
            places: [Parameter(required: "kind", .id), Parameter(required: "id", .id)], scope: .configurationWrite,
            action: "instance.\(word)",
            form: .json(.reload, or: [409, 422, 503]), errors: [.unknownInstance, .notReloadable]
        ) { answers, request in
            try await answers.configuration.enable(isEnabled, kind: request.places[0], id: request.places[1])
        }
    }
}
