/// How much may be bought or sold in one order.
package struct LotRule: Sendable, Hashable {
    /// Least quantity of an order.
    package let minimum: Fixed
    /// What an order may be more than that, in whole multiples.
    package let step: Fixed

    /// Creates a rule.
    package init(minimum: Fixed, step: Fixed) {
        self.minimum = minimum
        self.step = step
    }

    /// Orders of whole lots of so many shares.
    package static func lots(_ shares: Int64) -> LotRule { LotRule(minimum: Fixed(shares), step: Fixed(shares)) }

    /// Returns the greatest quantity that may be bought and is not above; 0 where that is none.
    @inline(__always)
    package func buyable(_ quantity: Fixed) -> Fixed {
        quantity < minimum ? .zero : minimum + (quantity - minimum).floored(to: step)
    }

    /// Returns the greatest quantity that may be sold and is not above, of what is there: all of it, else by the rule.
    @inline(__always)
    package func sellable(_ quantity: Fixed, of available: Fixed) -> Fixed {
        quantity >= available ? available : buyable(quantity)
    }

    /// Whether an order to buy may have this quantity.
    package func allowsBuying(_ quantity: Fixed) -> Bool { quantity > .zero && buyable(quantity) == quantity }

    /// Whether an order to sell may have this quantity: as one to buy, or with the whole odd rest, which is sold at once.
    package func allowsSelling(_ quantity: Fixed, of available: Fixed) -> Bool {
        guard quantity > .zero, quantity <= available else { return false }
        if quantity == available || allowsBuying(quantity) { return true }
        let odd = available.raw.flooredRemainder(step.raw)
        return odd > 0 && quantity.raw.flooredRemainder(step.raw) == odd && step == minimum
    }
}

/// How far a price may go from the close of the day before.
package struct PriceLimit: Sendable, Hashable {
    /// Fraction upwards and downwards, in units of 1e-9.
    package let fraction: Int64
    /// The same under a risk warning (ST).
    package let warned: Int64
    /// First trading days of a listing without a limit.
    package let freeDays: Int

    /// Creates a limit; fractions as 0.1.
    package init(_ fraction: Double, warned: Double? = nil, freeDays: Int) {
        self.fraction = Int64((fraction * 1e9).rounded())
        self.warned = Int64(((warned ?? fraction) * 1e9).rounded())
        self.freeDays = freeDays
    }
}

/// The times of a day when orders are gathered and matched at one price; seconds after the venue's midnight.
package struct CallAuctions: Sendable, Hashable {
    package let opening: Range<Int>
    /// `nil` where the day ends without one.
    package let closing: Range<Int>?
}

/// What a venue allows and charges, each from its day on.
package struct VenueRules: Sendable {
    /// Name, for reports: `SH main`.
    package let name: String
    /// Seconds that its days are ahead of UTC.
    package let offset: Int64
    /// Least change of a price.
    package let tick: Fixed
    /// Quantities of orders.
    package internal(set) var lot: Dated<LotRule>
    /// Whether what was bought can be sold only on the next trading day.
    package let holdsOverNight: Dated<Bool>
    /// Limits of prices; `nil`: there is none.
    package let limit: Dated<PriceLimit?>
    /// What is charged.
    package internal(set) var fees: [Fee]
    /// Auctions; `nil`: there are none.
    package let auctions: Dated<CallAuctions?>
    /// Whether it can be traded at all: an index cannot.
    package var isTradable = true

    /// What holds on a day.
    package func day(_ day: Int32) -> DayRules {
        let none = Dated<CallAuctions?>(always: nil, "")
        return DayRules(
            tick: tick, lot: lot.value(on: day) ?? .lots(1), holdsOverNight: holdsOverNight.value(on: day) ?? false,
            limit: limit.value(on: day) ?? nil,
            fees: fees.compactMap { fee in fee.rate.value(on: day).map { DayRules.Line(fee.kind, $0) } },
            auctions: (auctions.entries.isEmpty ? none : auctions).value(on: day) ?? nil, isTradable: isTradable)
    }
}

/// What holds at a venue on one day.
package struct DayRules: Sendable {
    /// One of the fees.
    package struct Line: Sendable {
        let kind: Fee.Kind
        let rate: Fee.Rate

        init(_ kind: Fee.Kind, _ rate: Fee.Rate) { (self.kind, self.rate) = (kind, rate) }
    }

    package let tick: Fixed
    package let lot: LotRule
    package let holdsOverNight: Bool
    package let limit: PriceLimit?
    let fees: [Line]
    package let auctions: CallAuctions?
    package let isTradable: Bool

    /// Returns what a fill costs.
    package func fees(_ side: OrderSide, _ quantity: Fixed, worth amount: Money) -> FillFees {
        var sum = FillFees()
        for line in fees where line.rate.applies(to: side) {
            sum.add(line.rate.charge(quantity, worth: amount), as: line.kind)
        }
        return sum
    }

    /// Whether prices of a day lie farther from a close than they could: it is not the one that the limit was counted from, as
    /// after a split or a dividend.
    func isBeyond(_ low: Fixed, _ high: Fixed, after close: Fixed, isWarned: Bool) -> Bool {
        guard let limit, close > .zero else { return false }
        let step = close.part((isWarned ? limit.warned : limit.fraction) + 5_000_000) + tick
        return high > close + step || low < close - step
    }

    /// Returns the highest and lowest price of a day after a close; `nil` where there is no limit.
    ///
    /// - Parameter isAdjusted: whether prices are adjusted: then the limit lies on no tick, and a five-hundredth of it counts as
    ///   reached, because the tick of the price that was paid is not known.
    package func band(
        after close: Fixed, isWarned: Bool, daysListed: Int, isAdjusted: Bool
    ) -> (low: Fixed, high: Fixed)? {
        guard let limit, daysListed > limit.freeDays, close > .zero else { return nil }
        let fraction = isWarned ? limit.warned : limit.fraction
        if isAdjusted {
            let step = fraction - 2_000_000
            return (close - close.part(step), close + close.part(step))
        }
        let step = close.part(fraction)
        return (
            min((close - step).rounded(to: tick), close - tick), max((close + step).rounded(to: tick), close + tick)
        )
    }
}
