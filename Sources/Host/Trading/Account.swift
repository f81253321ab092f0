/// Cash and positions of one currency, with what may be sold today.
///
/// Every amount is a whole number of 1/10,000, so that sums are exact and the same in any order.
package struct Account: Sendable, Hashable {
    /// What is held of one instrument.
    package struct Position: Sendable, Hashable {
        package fileprivate(set) var quantity = Fixed.zero
        /// What was bought on `boughtOn` and may not be sold on that day, where the venue says so.
        package fileprivate(set) var bought = Fixed.zero
        /// Days after 1970-01-01.
        package fileprivate(set) var boughtOn = Int32.min
        /// What it cost, with fees.
        package fileprivate(set) var cost = Money.zero
        /// What sales and dividends have earned, after fees.
        package fileprivate(set) var earned = Money.zero
        /// What was charged for all fills.
        package fileprivate(set) var fees = FillFees()
        /// Value of all fills.
        package fileprivate(set) var traded = Money.zero
        /// Times that everything was sold.
        package fileprivate(set) var closed = 0
    }

    /// What is there to buy with.
    package private(set) var cash: Money
    /// Positions, by the place of the instrument.
    package private(set) var positions: [Position]

    /// Creates an account with so much cash for so many instruments.
    package init(cash: Money, instruments: Int) {
        self.cash = cash
        positions = Array(repeating: Position(), count: instruments)
    }

    /// What was charged for all fills, by kind.
    package var fees: [String: Double] {
        let sum = positions.reduce(into: FillFees()) { $0.add($1.fees) }
        return [
            Fee.Kind.commission.rawValue: sum.commission.number, Fee.Kind.stampDuty.rawValue: sum.stampDuty.number,
            Fee.Kind.transfer.rawValue: sum.transfer.number, Fee.Kind.levy.rawValue: sum.levy.number,
        ]
    }

    /// Takes what is held from elsewhere: a position that was carried over, or shares that were delivered.
    ///
    /// - Parameters:
    ///   - bought: what of it was bought on `day`.
    package mutating func take(
        _ place: Int, _ quantity: Fixed, cost: Money, bought: Fixed = .zero, on day: Int32 = .min
    ) {
        positions[place].carry(quantity, cost, bought, day)
    }

    /// Returns how much may be sold on a day.
    @inline(__always)
    package func available(_ place: Int, on day: Int32, _ rules: DayRules) -> Fixed {
        let position = positions[place]
        return rules.holdsOverNight && position.boughtOn == day
            ? position.quantity - position.bought : position.quantity
    }

    /// Takes a purchase; what it costs with fees is there.
    mutating func buy(_ place: Int, _ quantity: Fixed, for amount: Money, _ fees: FillFees, on day: Int32) {
        let cost = amount + fees.total
        cash -= cost
        positions[place].take(quantity, for: cost, on: day)
        positions[place].count(amount, fees)
    }

    /// Takes a sale of what is there; returns what it earned beyond its part of the cost, after fees.
    mutating func sell(_ place: Int, _ quantity: Fixed, for amount: Money, _ fees: FillFees) -> Money {
        let proceeds = amount - fees.total
        cash += proceeds
        positions[place].count(amount, fees)
        return positions[place].give(quantity, for: proceeds)
    }

    /// Takes a dividend in cash for each share, before tax.
    package mutating func dividend(_ place: Int, perShare: Fixed) {
        let amount = Money(positions[place].quantity, at: perShare)
        cash += amount
        positions[place].earn(amount)
    }

    /// Takes a split or bonus shares: of each `from` shares there are `to` now; what is less than the least unit is lost.
    package mutating func split(_ place: Int, from: Int64, to: Int64, unit: Fixed = Fixed(1)) {
        positions[place].split(from, to, unit)
    }
}

extension Account.Position {
    fileprivate mutating func carry(_ quantity: Fixed, _ cost: Money, _ bought: Fixed, _ day: Int32) {
        self.quantity += quantity
        self.cost += cost
        (self.bought, boughtOn) = (bought, day)
    }

    fileprivate mutating func take(_ quantity: Fixed, for cost: Money, on day: Int32) {
        if boughtOn != day { (bought, boughtOn) = (.zero, day) }
        bought += quantity
        self.quantity += quantity
        self.cost += cost
    }

    fileprivate mutating func give(_ quantity: Fixed, for proceeds: Money) -> Money {
        let isAll = quantity == self.quantity
        let part = isAll ? cost : Money(units: cost.units.multipliedAndDivided(quantity.raw, by: self.quantity.raw))
        let profit = proceeds - part
        self.quantity -= quantity
        cost -= part
        earned += profit
        if isAll { closed += 1 }
        return profit
    }

    fileprivate mutating func count(_ amount: Money, _ fees: FillFees) {
        traded += amount
        self.fees.add(fees)
    }

    fileprivate mutating func earn(_ amount: Money) { earned += amount }

    fileprivate mutating func split(_ from: Int64, _ to: Int64, _ unit: Fixed) {
        guard from > 0, to > 0 else { return }
        quantity = Fixed(raw: quantity.raw.multipliedAndDivided(to, by: from)).floored(to: unit)
        bought = min(quantity, Fixed(raw: bought.raw.multipliedAndDivided(to, by: from)).floored(to: unit))
    }
}
