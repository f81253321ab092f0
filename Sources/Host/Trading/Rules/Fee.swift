/// The two sides of a trade.
package enum OrderSide: String, Sendable, Hashable, Codable {
    case buy, sell
}

/// One thing a venue, a broker or a state charges for a trade.
package struct Fee: Sendable {
    /// What it is.
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        case commission
        case stampDuty = "stamp_duty"
        case transfer = "transfer_fee"
        /// Levies and fees of venue and supervisor.
        case levy
    }

    /// How much.
    package struct Rate: Sendable, Hashable {
        /// Which sides pay.
        package enum Sides: Sendable, Hashable { case both, buy, sell }
        /// How it is rounded.
        package enum Rounding: Sendable, Hashable { case cent, dollarUp, unit }

        /// Part of the value, in units of 1e-9.
        package var part: Int64
        /// An amount for each share, in units of 1e-8.
        package var perShare: Fixed
        package var minimum: Money
        package var maximum: Money
        package var sides: Sides
        package var rounding: Rounding

        /// Creates a rate: a fraction of the value as 0.0005, an amount a share, and the least and most of an order.
        package init(
            _ fraction: Double, perShare: Double = 0, minimum: Double = 0, maximum: Double? = nil,
            _ sides: Sides = .both,
            rounding: Rounding = .cent
        ) {
            part = Int64((fraction * 1e9).rounded())
            self.perShare = Fixed(perShare) ?? .zero
            self.minimum = Money(minimum) ?? .zero
            self.maximum = maximum.flatMap { Money($0) } ?? Money(units: .max)
            self.sides = sides
            self.rounding = rounding
        }

        @inline(__always)
        func applies(to side: OrderSide) -> Bool {
            switch sides {
            case .both: true
            case .buy: side == .buy
            case .sell: side == .sell
            }
        }

        /// Returns what is charged for a fill.
        @inline(__always)
        func charge(_ quantity: Fixed, worth amount: Money) -> Money {
            var sum = amount.part(part)
            if perShare.raw != 0 { sum += Money(quantity, at: perShare) }
            sum = min(max(sum, minimum), maximum)
            switch rounding {
            case .unit: return sum
            case .cent: return Money(units: (sum.units &+ 50) / 100 &* 100)
            case .dollarUp: return Money(units: (sum.units &+ 9_999) / 10_000 &* 10_000)
            }
        }
    }

    package let kind: Kind
    /// What it is on each day; nothing before the first.
    package let rate: Dated<Rate>

    /// Creates a fee.
    package init(_ kind: Kind, _ rate: Dated<Rate>) {
        self.kind = kind
        self.rate = rate
    }
}

/// What a fill cost, by kind.
package struct FillFees: Sendable, Hashable, Codable {
    package private(set) var commission = Money.zero
    package private(set) var stampDuty = Money.zero
    package private(set) var transfer = Money.zero
    package private(set) var levy = Money.zero

    enum CodingKeys: String, CodingKey {
        case commission, levy
        case stampDuty = "stamp_duty"
        case transfer = "transfer_fee"
    }

    /// All together.
    package var total: Money { commission + stampDuty + transfer + levy }

    mutating func add(_ amount: Money, as kind: Fee.Kind) {
        switch kind {
        case .commission: commission += amount
        case .stampDuty: stampDuty += amount
        case .transfer: transfer += amount
        case .levy: levy += amount
        }
    }

    /// Adds another fill's.
    mutating func add(_ other: FillFees) {
        commission += other.commission
        stampDuty += other.stampDuty
        transfer += other.transfer
        levy += other.levy
    }
}
