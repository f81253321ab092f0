/// Fills orders of an account at bars, by the rules of the venue: the one place where an account changes.
package struct Broker: Sendable {
    package var account: Account
    package let execution: Execution

    /// Creates a broker for an account.
    package init(_ account: Account, _ execution: Execution) {
        self.account = account
        self.execution = execution
    }

    /// Checks the quantity of an order as the venue does, before it is taken.
    package func check(_ order: Order, on day: Int32, _ rules: DayRules) -> Refusal? {
        guard rules.isTradable else { return .notTradable }
        guard order.quantity > .zero else { return .belowMinimum }
        switch order.side {
        case .buy:
            if order.quantity < rules.lot.minimum { return .belowMinimum }
            return rules.lot.allowsBuying(order.quantity) ? nil : .oddLot
        case .sell:
            let available = account.available(order.place, on: day, rules)
            if order.quantity > account.positions[order.place].quantity { return .noShares }
            if order.quantity > available { return .heldOverNight }
            if rules.lot.allowsSelling(order.quantity, of: available) { return nil }
            return order.quantity < rules.lot.minimum && rules.lot.step != rules.lot.minimum ? .belowMinimum : .oddLot
        }
    }

    /// Fills as much of an order as the bar, the volume cap, cash and lots allow; the account changes.
    ///
    /// The order's quantity was checked; what it is filled with may be less, never more.
    package mutating func fill(_ order: Order, at bar: ExecutionBar, _ rules: DayRules) -> Result<Fill, Refusal> {
        guard rules.isTradable else { return .failure(.notTradable) }
        let price: Fixed
        switch execution.price(order, bar) {
        case .success(let found): price = found
        case .failure(let refusal): return .failure(refusal)
        }
        var quantity = order.quantity
        if let volume = execution.volume(of: bar) { quantity = min(quantity, volume) }
        return order.side == .buy ? buy(order, quantity, price, bar, rules) : sell(order, quantity, price, bar, rules)
    }

    private mutating func buy(
        _ order: Order, _ wanted: Fixed, _ price: Fixed, _ bar: ExecutionBar, _ rules: DayRules
    ) -> Result<Fill, Refusal> {
        let allowed = rules.lot.buyable(wanted)
        guard allowed > .zero else { return .failure(wanted < order.quantity ? .noVolume : .belowMinimum) }
        guard let (quantity, amount, fees) = affordable(allowed, price, rules) else { return .failure(.noCash) }
        account.buy(order.place, quantity, for: amount, fees, on: bar.day)
        return .success(fill(order, quantity, price, amount, fees, bar))
    }

    private mutating func sell(
        _ order: Order, _ wanted: Fixed, _ price: Fixed, _ bar: ExecutionBar, _ rules: DayRules
    ) -> Result<Fill, Refusal> {
        let available = account.available(order.place, on: bar.day, rules)
        guard available > .zero else {
            return .failure(account.positions[order.place].quantity > .zero ? .heldOverNight : .noShares)
        }
        // A whole odd rest may be sold; a part of an order that the volume cuts off is whole lots.
        let quantity =
            wanted == order.quantity && rules.lot.allowsSelling(wanted, of: available)
            ? wanted : rules.lot.sellable(wanted, of: available)
        guard quantity > .zero else { return .failure(wanted < order.quantity ? .noVolume : .oddLot) }
        let amount = Money(quantity, at: price)
        let fees = rules.fees(.sell, quantity, worth: amount)
        let profit = account.sell(order.place, quantity, for: amount, fees)
        return .success(fill(order, quantity, price, amount, fees, bar, profit))
    }

    private func fill(
        _ order: Order, _ quantity: Fixed, _ price: Fixed, _ amount: Money, _ fees: FillFees, _ bar: ExecutionBar,
        _ profit: Money = .zero
    ) -> Fill {
        Fill(
            place: order.place, side: order.side, quantity: quantity, price: price, amount: amount, fees: fees,
            decidedAt: order.decidedAt, time: bar.time, profit: profit)
    }

    /// Returns the greatest quantity, at most the one wanted, that cash pays for with its fees; `nil` where that is none.
    private func affordable(_ wanted: Fixed, _ price: Fixed, _ rules: DayRules) -> (Fixed, Money, FillFees)? {
        var quantity = wanted
        for _ in 0..<64 {
            let amount = Money(quantity, at: price)
            let fees = rules.fees(.buy, quantity, worth: amount)
            let cost = amount + fees.total
            guard cost > account.cash else { return (quantity, amount, fees) }
            // By as much as is lacking, but at least one step.
            let lacking = Fixed(
                raw: (cost - account.cash).units.multipliedAndDivided(1_000_000_000_000, by: max(1, price.raw)))
            quantity = rules.lot.buyable(quantity - max(lacking, rules.lot.step))
            guard quantity > .zero else { return nil }
        }
        return nil
    }
}
