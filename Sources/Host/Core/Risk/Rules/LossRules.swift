/// What was lost since the day began, UTC.
struct DailyLoss: RiskRule {
    static let name = "daily_loss"
    static let unit = RiskUnit.currency
    static let words = "loss of the day"
    let limit: RiskLimit

    init(_ limit: RiskLimit) { self.limit = limit }

    func measure(_ state: RiskState, _ occasion: RiskOccasion, into readings: inout [RiskReading]) {
        guard occasion != .tick, let most = limit.limit, state.account.peak != nil else { return }
        readings.append(
            RiskReading(subject: .all, value: state.account.dailyLoss, limit: most, isWhole: state.book.unpriced == 0))
    }
}

/// How far equity is below its peak.
struct Drawdown: RiskRule {
    static let name = "drawdown"
    static let unit = RiskUnit.fraction
    static let words = "drawdown"
    let limit: RiskLimit

    init(_ limit: RiskLimit) { self.limit = limit }

    func measure(_ state: RiskState, _ occasion: RiskOccasion, into readings: inout [RiskReading]) {
        guard occasion != .tick, let most = limit.limit else { return }
        readings.append(
            RiskReading(subject: .all, value: state.account.drawdown, limit: most, isWhole: state.book.unpriced == 0))
    }
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
struct ValueAtRisk: RiskRule {
    static let name = "value_at_risk"
    static let unit = RiskUnit.currency
    static let words = "value at risk by history"
    let limit: RiskLimit

    init(_ limit: RiskLimit) { self.limit = limit }

    func measure(_ state: RiskState, _ occasion: RiskOccasion, into readings: inout [RiskReading]) {
        guard occasion != .tick, let most = limit.limit,
            let loss = state.book.scenarios.history(limit.confidence)
        else { return }
        readings.append(
            RiskReading(subject: .all, value: loss.valueAtRisk, limit: most, isWhole: state.book.unpriced == 0))
    }
}

/// The mean of the losses beyond the value at risk.
struct ExpectedShortfall: RiskRule {
    static let name = "expected_shortfall"
    static let unit = RiskUnit.currency
    static let words = "expected shortfall by history"
    let limit: RiskLimit

    init(_ limit: RiskLimit) { self.limit = limit }

    func measure(_ state: RiskState, _ occasion: RiskOccasion, into readings: inout [RiskReading]) {
        guard occasion != .tick, let most = limit.limit,
            let loss = state.book.scenarios.history(limit.confidence)
        else { return }
        readings.append(
            RiskReading(subject: .all, value: loss.shortfall, limit: most, isWhole: state.book.unpriced == 0))
    }
}

/// The value at risk of a variance that forgets.
struct WeightedValueAtRisk: RiskRule {
    static let name = "ewma_value_at_risk"
    static let unit = RiskUnit.currency
    static let words = "value at risk by EWMA"
    let limit: RiskLimit

    init(_ limit: RiskLimit) { self.limit = limit }

    func measure(_ state: RiskState, _ occasion: RiskOccasion, into readings: inout [RiskReading]) {
        guard occasion != .tick, let most = limit.limit,
            let loss = state.book.scenarios.weighted(limit.confidence)
        else { return }
        readings.append(
            RiskReading(subject: .all, value: loss.valueAtRisk, limit: most, isWhole: state.book.unpriced == 0))
    }
}

/// The expected shortfall of a variance that forgets.
struct WeightedShortfall: RiskRule {
    static let name = "ewma_expected_shortfall"
    static let unit = RiskUnit.currency
    static let words = "expected shortfall by EWMA"
    let limit: RiskLimit

    init(_ limit: RiskLimit) { self.limit = limit }

    func measure(_ state: RiskState, _ occasion: RiskOccasion, into readings: inout [RiskReading]) {
        guard occasion != .tick, let most = limit.limit,
            let loss = state.book.scenarios.weighted(limit.confidence)
        else { return }
        readings.append(
            RiskReading(subject: .all, value: loss.shortfall, limit: most, isWhole: state.book.unpriced == 0))
    }
}
