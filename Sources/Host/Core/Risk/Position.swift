package import PluginKit

/// What is held of one instrument.
package struct Position: Sendable, Hashable {
    /// The instrument.
    package let instrument: Instrument
    /// How much; negative for a short position.
    package var quantity: Double
    /// Average price paid, quote currency; `nil` where nobody said: then the first price counts as paid.
    package var cost: Double?
    /// The quote currency, as `USD`.
    package let currency: String
    /// How much of the underlying one unit is, as 300 for a future on an index.
    package let multiplier: Double

    /// Creates a position.
    package init(
        instrument: Instrument, quantity: Double, cost: Double? = nil, currency: String, multiplier: Double = 1
    ) {
        self.instrument = instrument
        self.quantity = quantity
        self.cost = cost
        self.currency = currency
        self.multiplier = multiplier
    }
}

/// What was bought or sold.
package struct Fill: Sendable, Hashable {
    /// What tells it from others: the same fill told twice counts once.
    package let id: String
    /// The instrument.
    package let instrument: Instrument
    /// How much; negative for a sale.
    package let quantity: Double
    /// Price of one unit, quote currency.
    package let price: Double

    /// Creates a fill.
    package init(id: String, instrument: Instrument, quantity: Double, price: Double) {
        self.id = id
        self.instrument = instrument
        self.quantity = quantity
        self.price = price
    }
}

extension Position {
    /// Takes a fill in; returns the profit that it made certain, quote currency.
    ///
    /// What adds to a position moves its cost to the average; what takes from it makes the difference to the cost certain; what
    /// goes through zero begins a new position at the fill's price.
    package mutating func take(_ fill: Fill) -> Double {
        let after = quantity + fill.quantity
        let paid = cost ?? fill.price
        guard quantity != 0, (quantity > 0) != (fill.quantity > 0) else {
            cost = after == 0 ? nil : (quantity * paid + fill.quantity * fill.price) / after
            quantity = after
            return 0
        }
        let closed = min(abs(quantity), abs(fill.quantity)) * (quantity > 0 ? 1 : -1)
        if abs(fill.quantity) > abs(quantity) { cost = fill.price } else { cost = paid }
        quantity = after
        return closed * (fill.price - paid) * multiplier
    }
}
