/// What was lost since the day began, UTC.
struct DailyLoss: WholeRule {
    static let name = "daily_loss"
    static let unit = RiskUnit.currency
    static let words = "loss of the day"
    let limit: RiskLimit

    init(_ limit: RiskLimit) { self.limit = limit }

    func value(in state: RiskState) -> Double? { state.account.peak.map { _ in state.account.dailyLoss } }
}

/// How far equity is below its peak.
struct Drawdown: WholeRule {
    static let name = "drawdown"
    static let unit = RiskUnit.fraction
    static let words = "drawdown"
    let limit: RiskLimit

    init(_ limit: RiskLimit) { self.limit = limit }

    func value(in state: RiskState) -> Double? { state.account.drawdown }
}

/// What was traded on the day, as a part of the capital.
struct Turnover: RiskRule {
    static let name = "turnover"
    static let unit = RiskUnit.fraction
    static let words = "turnover of the day as a part of the capital"
    let limit: RiskLimit

    init(_ limit: RiskLimit) { self.limit = limit }

    func measure(_ state: RiskState, _ occasion: RiskOccasion, into readings: inout [RiskReading]) {
        guard let most = limit.limit, state.capital > 0 else { return }
        readings.append(RiskReading(subject: .all, value: state.account.traded / state.capital, limit: most))
    }
}

/// The loss that the past says is rarely exceeded in one span.
struct ValueAtRisk: WholeRule {
    static let name = "value_at_risk"
    static let unit = RiskUnit.currency
    static let words = "value at risk by history"
    let limit: RiskLimit

    init(_ limit: RiskLimit) { self.limit = limit }

    func value(in state: RiskState) -> Double? { state.book.scenarios.history(limit.confidence)?.valueAtRisk }
}

/// The mean of the losses beyond the value at risk.
struct ExpectedShortfall: WholeRule {
    static let name = "expected_shortfall"
    static let unit = RiskUnit.currency
    static let words = "expected shortfall by history"
    let limit: RiskLimit

    init(_ limit: RiskLimit) { self.limit = limit }

    func value(in state: RiskState) -> Double? { state.book.scenarios.history(limit.confidence)?.shortfall }
}

/// The value at risk of a variance that forgets.
struct WeightedValueAtRisk: WholeRule {
    static let name = "ewma_value_at_risk"
    static let unit = RiskUnit.currency
    static let words = "value at risk by EWMA"
    let limit: RiskLimit

    init(_ limit: RiskLimit) { self.limit = limit }

    func value(in state: RiskState) -> Double? { state.book.scenarios.weighted(limit.confidence)?.valueAtRisk }
}

/// The expected shortfall of a variance that forgets.
struct WeightedShortfall: WholeRule {
    static let name = "ewma_expected_shortfall"
    static let unit = RiskUnit.currency
    static let words = "expected shortfall by EWMA"
    let limit: RiskLimit

    init(_ limit: RiskLimit) { self.limit = limit }

    func value(in state: RiskState) -> Double? { state.book.scenarios.weighted(limit.confidence)?.shortfall }
}
