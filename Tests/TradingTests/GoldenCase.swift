import HostTrading
import PluginKit
import Testing

/// One order at one bar, and what the venue makes of it: the expected values are worked out by hand from the rule books.
struct GoldenCase: Sendable, CustomTestStringConvertible {
    enum Outcome: Sendable, Equatable {
        /// Filled: how much, at which price, and what it cost in fees.
        case fill(Double, Double, fees: Double)
        case refused(Refusal)
    }

    var name: String
    var symbol: String
    var day: String
    var side: OrderSide
    var quantity: Double
    var outcome: Outcome
    /// Close of the day before.
    var before = 10.0
    /// Open, high, low, close.
    var bar = (10.0, 10.2, 9.9, 10.1)
    var volume = 1e9
    var cash = 1e8
    /// What is held, and what of it was bought today.
    var held = 0.0
    var today = 0.0
    var limit: Double?
    var isWarned = false
    var daysListed = 1_000
    var execution = Execution(participation: 1, spread: 0)
    var rules: VenueRules?
    var isAdjusted = false

    var testDescription: String { "\(symbol) \(day): \(name)" }

    init(
        _ name: String, _ symbol: String, _ day: String, _ side: OrderSide, _ quantity: Double, _ outcome: Outcome,
        _ change: (inout GoldenCase) -> Void = { _ in }
    ) {
        (self.name, self.symbol, self.day) = (name, symbol, day)
        (self.side, self.quantity, self.outcome) = (side, quantity, outcome)
        change(&self)
    }

    /// Runs it through check and fill, as every order goes.
    func run() throws -> Outcome {
        let venue = try rules ?? VenueRules(for: Instrument(parsing: symbol))
        let day = try #require(TradingDay.days(day))
        let rules = venue.day(day)
        var account = Account(cash: try #require(Money(cash)), instruments: 1)
        if held > 0 {
            account.take(
                0, try fixed(held), cost: try #require(Money(held * before)), bought: try fixed(today), on: day)
        }
        var broker = Broker(account, execution)
        let order = Order(side, try fixed(quantity), of: 0, limit: try limit.map(fixed))
        if let refusal = broker.check(order, on: day, rules) { return .refused(refusal) }
        let band = rules.band(
            after: try fixed(before), isWarned: isWarned, daysListed: daysListed, isAdjusted: isAdjusted)
        let time = Int64(day) * 86_400_000_000_000 + 25_200_000_000_000
        let seen = Bar(
            time: time, open: bar.0, high: bar.1, low: bar.2, close: bar.3, volume: volume,
            instrument: InstrumentID(rawValue: 0))
        let executed = try #require(ExecutionBar(seen, day: day, band: band))
        switch broker.fill(order, at: executed, rules) {
        case .failure(let refusal):
            #expect(broker.account == account, "a refusal changes nothing")
            return .refused(refusal)
        case .success(let fill):
            let change = broker.account.cash - account.cash
            let expected = side == .buy ? Money.zero - fill.amount - fill.fees.total : fill.amount - fill.fees.total
            #expect(change == expected)
            return .fill(fill.quantity.number, fill.price.number, fees: fill.fees.total.number)
        }
    }

    private func fixed(_ number: Double) throws -> Fixed { try #require(Fixed(number)) }
}
