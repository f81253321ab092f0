import PluginKit

/// Sum of what all positions are worth, without signs.
struct GrossExposure: WholeRule {
    static let name = "gross_exposure"
    static let unit = RiskUnit.currency
    static let words = "gross exposure"
    let limit: RiskLimit

    init(_ limit: RiskLimit) { self.limit = limit }

    func value(in state: RiskState) -> Double? { state.book.gross }
}

/// Sum of what all positions are worth, in whichever direction.
struct NetExposure: WholeRule {
    static let name = "net_exposure"
    static let unit = RiskUnit.currency
    static let words = "net exposure"
    let limit: RiskLimit

    init(_ limit: RiskLimit) { self.limit = limit }

    /// One side without a price makes the other look like all of it.
    func value(in state: RiskState) -> Double? { state.book.unpriced == 0 ? abs(state.book.net) : nil }
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
struct Concentration: WholeRule {
    static let name = "concentration"
    static let unit = RiskUnit.fraction
    static let words = "greatest position as a part of the gross exposure"
    let limit: RiskLimit

    init(_ limit: RiskLimit) { self.limit = limit }

    /// One price alone would be all there is.
    func value(in state: RiskState) -> Double? {
        guard state.book.unpriced == 0 else { return nil }
        return state.book.gross > 0 ? state.book.greatest / state.book.gross : 0
    }
}
