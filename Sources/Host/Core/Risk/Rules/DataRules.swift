import PluginKit

/// How old the price of a position is; one that never had a price is as old as the position is known here.
struct StaleData: RiskRule {
    static let name = "stale_data"
    static let unit = RiskUnit.seconds
    static let words = "age of the price"
    let limit: RiskLimit

    init(_ limit: RiskLimit) { self.limit = limit }

    func measure(_ state: RiskState, _ occasion: RiskOccasion, into readings: inout [RiskReading]) {
        guard let most = limit.limit else { return }
        switch occasion {
        case .price(let place): measure(state, state.book.holdings[place], most, into: &readings)
        case .everything, .tick:
            for holding in state.book.holdings { measure(state, holding, most, into: &readings) }
        }
    }

    private func measure(
        _ state: RiskState, _ holding: RiskBook.Holding, _ most: Double, into readings: inout [RiskReading]
    ) {
        let age = Double(max(0, state.now - (holding.priceTime ?? state.since))) / 1e9
        readings.append(
            RiskReading(
                subject: RiskSubject(instrument: holding.id), value: age, limit: most,
                isWhole: holding.priceTime != nil))
    }
}

/// How far the newest prediction for a position is behind its newest event.
struct MissingPrediction: RiskRule {
    static let name = "missing_prediction"
    static let unit = RiskUnit.seconds
    static let words = "time since the last prediction"
    let limit: RiskLimit

    init(_ limit: RiskLimit) { self.limit = limit }

    func measure(_ state: RiskState, _ occasion: RiskOccasion, into readings: inout [RiskReading]) {
        if case .price = occasion { return }
        guard let most = limit.limit else { return }
        for (instrument, lag) in state.predictionLag {
            readings.append(
                RiskReading(
                    subject: RiskSubject(instrument: instrument), value: Double(lag) / 1e9, limit: most))
        }
    }
}

/// How far what a model sees has drifted from what it was fitted on: the population stability index.
struct Drift: RiskRule {
    static let name = "drift"
    static let unit = RiskUnit.number
    static let words = "population stability index of a feature"
    let limit: RiskLimit

    init(_ limit: RiskLimit) { self.limit = limit }

    func measure(_ state: RiskState, _ occasion: RiskOccasion, into readings: inout [RiskReading]) {
        if case .price = occasion { return }
        guard let most = limit.limit else { return }
        for (model, index) in state.drift {
            readings.append(RiskReading(subject: RiskSubject(name: model), value: index, limit: most))
        }
    }
}
