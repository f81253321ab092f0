import AccessScopes
import HTTPTypes

/// The routes of the risk service.
extension Endpoint {
    static let risk = [
        Endpoint(
            method: .get, path: RiskAnswers.path + "/exposure",
            summary: "exposure, loss, value at risk, and what each rule measures", scope: .tradingRead,
            form: .json(.exposure),
            errors: errors
        ) { answers, _ in try await answers.risk.reply(.exposure) },
        Endpoint(
            method: .get, path: RiskAnswers.path + "/positions", summary: "what is held, with prices",
            scope: .tradingRead, form: .table(.positions, "positions"), errors: errors
        ) { answers, _ in try await answers.risk.reply(.positions) },
        Endpoint(
            method: .put, path: RiskAnswers.path + "/positions", summary: "replaces what is held, all or nothing",
            scope: .tradingWrite, action: "risk.positions", takes: "application/json", form: .json(.positions),
            errors: errors
        ) { answers, request in try await answers.risk.reply(request) { .put($0) } },
        Endpoint(
            method: .post, path: RiskAnswers.path + "/fills",
            summary: "takes in what was bought and sold; a fill that was told before counts once", scope: .tradingWrite,
            action: "risk.fills",
            takes: "application/json", form: .json(.positions), errors: errors
        ) { answers, request in try await answers.risk.reply(request) { .fill($0) } },
        Endpoint(
            method: .get, path: RiskAnswers.path + "/limits", summary: "what is allowed, and its version",
            scope: .tradingRead, form: .table(.riskLimits, "limits"), errors: errors
        ) { answers, _ in try await answers.risk.reply(.limits) },
        Endpoint(
            method: .get, path: RiskAnswers.path + "/alerts",
            summary: "alerts of rules, the newest first, and how far each sink is with them",
            parameters: RiskAnswers.filters, scope: .tradingRead, form: .table(.riskAlerts, "alerts"), errors: errors
        ) { answers, request in try await answers.risk.alerts(request.query) },
        Endpoint(
            method: .post, path: RiskAnswers.path + "/alerts/{alert}/acknowledge",
            summary: "notes that somebody knows of an alert", places: [RiskAnswers.alert],
            parameters: [RiskAnswers.name], scope: .tradingWrite, action: "risk.acknowledge", form: .json(.riskAlert),
            errors: errors + [.unknownAlert]
        ) { answers, request in try await answers.risk.acknowledge(request) },
        Endpoint(
            method: .post, path: RiskAnswers.path + "/check",
            summary: "what an order would break, before it is sent; changes nothing", scope: .tradingRead,
            takes: "application/json",
            form: .json(.riskCheck), errors: errors
        ) { answers, request in try await answers.risk.reply(request) { .check($0) } },
        Endpoint(
            method: .post, path: RiskAnswers.path + "/drill",
            summary: "raises a marked alert that goes the way of a real one",
            parameters: [Parameter(required: "rule", .id)], scope: .tradingWrite, action: "risk.drill",
            form: .json(.riskAlert), errors: errors
        ) { answers, request in try await answers.risk.reply(.drill(request.query["rule"] ?? "")) },
    ]

    private static let errors: [GatewayError.Code] = [.noRisk, .storeUnavailable]
}
