/// An order of a strategy: decided at one event time, filled at a later bar or not at all.
package struct Order: Sendable, Hashable {
    /// The instrument, by its place in the session.
    package let place: Int
    package let side: OrderSide
    /// How much; above 0.
    package internal(set) var quantity: Fixed
    /// Highest price of a buy, lowest of a sale; `nil` for any.
    package let limit: Fixed?
    /// Event time of what it was decided by, nanoseconds since the Unix epoch, UTC.
    package let decidedAt: Int64
    /// Bars of its instrument that it still waits for.
    package internal(set) var patience: Int

    /// Creates an order.
    package init(
        _ side: OrderSide, _ quantity: Fixed, of place: Int, limit: Fixed? = nil, decidedAt: Int64 = .min,
        patience: Int = 1
    ) {
        self.place = place
        self.side = side
        self.quantity = quantity
        self.limit = limit
        self.decidedAt = decidedAt
        self.patience = patience
    }
}

/// Why an order, or what was left of it, was not filled at a bar.
package enum Refusal: String, Error, Sendable, Hashable, CaseIterable {
    /// No trade in the bar.
    case suspended
    /// A buy, and the bar never traded below its upper limit.
    case limitUp = "limit_up"
    /// A sale, and the bar never traded above its lower limit.
    case limitDown = "limit_down"
    /// The order's own price lies beyond the day's limits.
    case outsideLimits = "outside_limits"
    /// The bar did not trade through the order's own price.
    case notReached = "not_reached"
    /// Less than the least quantity of an order.
    case belowMinimum = "below_minimum"
    /// No multiple of the lot.
    case oddLot = "odd_lot"
    /// More is sold than is there.
    case noShares = "no_shares"
    /// What is there was bought today.
    case heldOverNight = "held_over_night"
    /// Not enough cash for the least quantity.
    case noCash = "no_cash"
    /// The bar's volume does not allow the least quantity.
    case noVolume = "no_volume"
    /// It is an index.
    case notTradable = "not_tradable"
}

/// What was bought or sold at a bar.
package struct Fill: Sendable, Hashable {
    /// The instrument, by its place in the session.
    package let place: Int
    package let side: OrderSide
    package let quantity: Fixed
    package let price: Fixed
    /// Price by quantity.
    package let amount: Money
    package let fees: FillFees
    /// Event time of what it was decided by.
    package let decidedAt: Int64
    /// Event time of the bar it was filled at, which began after that.
    package let time: Int64
    /// What a sale earned, after the fees of both sides; 0 of a buy.
    package let profit: Money
}
