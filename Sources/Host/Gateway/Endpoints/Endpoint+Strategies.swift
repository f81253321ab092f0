import AccessScopes
import HTTPTypes

/// The routes of strategies.
extension Endpoint {
    static let strategies = [
        Endpoint(
            method: .get, path: "/api/v2/strategies", summary: "what the paper accounts of enabled strategies hold",
            scope: .tradingRead, form: .json(.any), errors: [.storeUnavailable]
        ) { answers, _ in try await answers.strategies.list() },
        Endpoint(
            method: .get, path: "/api/v2/strategies/{strategy}",
            summary: "one paper account: cash, positions, orders that wait, the last 100 fills",
            places: [StrategyAnswers.strategy], scope: .tradingRead, form: .json(.any),
            errors: [.unknownInstance, .storeUnavailable]
        ) { answers, request in try await answers.strategies.show(request.name) },
    ]
}
