import PluginKit

/// Sum of what all positions are worth, without signs.
struct GrossExposure: RiskRule {
    static let name = "gross_exposure"
    static let unit = RiskUnit.currency
    static let words = "gross exposure"
    let limit: RiskLimit

    init(_ limit: RiskLimit) { self.limit = limit }

    func measure(_ state: RiskState, _ occasion: RiskOccasion, into readings: inout [RiskReading]) {
        guard occasion != .tick, let most = limit.limit else { return }
        readings.append(
            RiskReading(subject: .all, value: state.book.gross, limit: most, isWhole: state.book.unpriced == 0))
    }
}

/// Sum of what all positions are worth, in whichever direction.
struct NetExposure: RiskRule {
    static let name = "net_exposure"
    static let unit = RiskUnit.currency
    static let words = "net exposure"
    let limit: RiskLimit

    init(_ limit: RiskLimit) { self.limit = limit }

    func measure(_ state: RiskState, _ occasion: RiskOccasion, into readings: inout [RiskReading]) {
        // One side without a price makes the other look like all of it.
        guard occasion != .tick, state.book.unpriced == 0, let most = limit.limit else { return }
        readings.append(
            RiskReading(subject: .all, value: abs(state.book.net), limit: most))
    }
}

/// What the position in one instrument is worth, in whichever direction.
struct InstrumentExposure: RiskRule {
    static let name = "instrument_exposure"
    static let unit = RiskUnit.currency
    static let words = "exposure"
    let limit: RiskLimit

    init(_ limit: RiskLimit) { self.limit = limit }

    func measure(_ state: RiskState, _ occasion: RiskOccasion, into readings: inout [RiskReading]) {
        switch occasion {
        case .price(let place): measure(state.book.holdings[place], into: &readings)
        case .everything: for holding in state.book.holdings { measure(holding, into: &readings) }
        case .tick: return
        }
    }

    private func measure(_ holding: RiskBook.Holding, into readings: inout [RiskReading]) {
        let own = limit.of.isEmpty ? nil : limit.of[holding.position.instrument.description]
        guard let most = own ?? limit.limit else { return }
        readings.append(
            RiskReading(
                subject: RiskSubject(instrument: holding.id), value: abs(holding.value), limit: most,
                isWhole: holding.priceTime != nil))
    }
}

/// Gross of the positions in one group of instruments.
struct GroupExposure: RiskRule {
    static let name = "group_exposure"
    static let unit = RiskUnit.currency
    static let words = "gross exposure"
    let limit: RiskLimit

    init(_ limit: RiskLimit) { self.limit = limit }

    func measure(_ state: RiskState, _ occasion: RiskOccasion, into readings: inout [RiskReading]) {
        let book = state.book
        switch occasion {
        case .price(let place): for group in book.holdings[place].groups { measure(book, group, into: &readings) }
        case .everything: for group in book.groups.indices { measure(book, group, into: &readings) }
        case .tick: return
        }
    }

    private func measure(_ book: RiskBook, _ group: Int, into readings: inout [RiskReading]) {
        let name = book.groups[group]
        guard let most = limit.of[name] ?? limit.limit else { return }
        readings.append(
            RiskReading(
                subject: RiskSubject(name: name), value: book.groupGross[group], limit: most,
                isWhole: book.unpriced == 0))
    }
}

/// What the greatest position is of the gross exposure.
struct Concentration: RiskRule {
    static let name = "concentration"
    static let unit = RiskUnit.fraction
    static let words = "greatest position as a part of the gross exposure"
    let limit: RiskLimit

    init(_ limit: RiskLimit) { self.limit = limit }

    func measure(_ state: RiskState, _ occasion: RiskOccasion, into readings: inout [RiskReading]) {
        // One price alone would be all there is.
        guard occasion != .tick, state.book.unpriced == 0, let most = limit.limit else { return }
        let part = state.book.gross > 0 ? state.book.greatest / state.book.gross : 0
        readings.append(RiskReading(subject: .all, value: part, limit: most))
    }
}
