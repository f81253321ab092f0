package import PluginKit

/// A strategy at work: bars and signals in, orders, fills and the worth of the account out.
///
/// The one way from signals to trades: back-tests, the paper account of a running host and environments that policies learn in
/// call `step` for one event time after the other. What is decided at an event time is known at its close, and filled at a later
/// bar: never at a price of the bar it was decided by. Nothing depends on the wall clock, on chance or on threads.
package struct TradingSession: Sendable {
    /// The account at the close of an event time.
    package struct Point: Sendable, Hashable {
        package let time: Int64
        /// Cash and what is held, at the last closes.
        package let equity: Money
        /// What is held.
        package let invested: Money
    }

    /// Why an order was not filled, of which instrument and when.
    package struct Refused: Sendable, Hashable {
        package let order: Order
        package let reason: Refusal
        package let time: Int64
    }

    /// Most orders of which it is kept why they were not filled; all are counted.
    static let keptRefusals = 10_000

    package let plan: StrategyPlan
    private var broker: Broker
    private var places: [MarketPlace]
    /// What is held of each, at its last close.
    private var values: [Money]
    private var invested = Money.zero
    private var step = -1
    /// Event times since the first signal; -1 before.
    private var due = -1
    /// Orders that wait.
    package private(set) var orders: [Order] = []
    private var waiting: [Int]
    /// Everything that was bought and sold.
    package private(set) var fills: [Fill] = []
    /// The account at each event time since the first signal.
    package private(set) var points: [Point] = []
    /// Orders that were not filled at a bar, the first of them.
    package private(set) var refused: [Refused] = []
    /// How often each reason was one.
    package private(set) var refusals: [Refusal: Int] = [:]
    /// For each fill, which part of its bar's volume it was; of those whose volume is known.
    package private(set) var shares: [Double] = []

    /// Begins with cash alone.
    package init(_ plan: StrategyPlan) {
        self.plan = plan
        broker = Broker(Account(cash: plan.capital, instruments: plan.members.count), plan.execution)
        places = plan.members.map { MarketPlace($0) }
        values = Array(repeating: .zero, count: plan.members.count)
        waiting = Array(repeating: 0, count: plan.members.count)
    }

    /// The account.
    package var account: Account { broker.account }
    /// What the account is worth at the last closes.
    package var equity: Money { broker.account.cash + invested }

    /// What is held of an instrument, at its last close.
    package func value(of place: Int) -> Money { values[place] }

    /// Takes all bars of one event time, at most one of each instrument: fills what waits for them, then decides.
    ///
    /// - Parameters:
    ///   - members: the place of each bar's instrument.
    ///   - signals: what is known of each at the close; NaN where nothing is.
    package mutating func step(_ bars: ArraySlice<Bar>, of members: ArraySlice<Int>, signals: ArraySlice<Double>) {
        guard let time = bars.first?.time else { return }
        step += 1
        let shift = (members.startIndex - bars.startIndex, signals.startIndex - bars.startIndex)
        for index in bars.indices {
            let place = members[index + shift.0]
            places[place].begin(bars[index], isAdjusted: plan.isAdjusted)
            places[place].signal = signals[index + shift.1]
            (places[place].step, places[place].bar) = (step, index)
            if due < 0, !places[place].signal.isNaN { due = 0 }
        }
        if !orders.isEmpty { fillOrders(bars) }
        for index in bars.indices {
            let place = members[index + shift.0]
            places[place].end(bars[index])
            mark(place)
        }
        guard due >= 0 else { return }
        if due % plan.rebalance == 0 { decide(time) }
        due += 1
        points.append(Point(time: time, equity: equity, invested: invested))
    }

    /// Applies a dividend in cash, before the bars of its first day without it.
    package mutating func dividend(_ place: Int, perShare: Fixed) { broker.account.dividend(place, perShare: perShare) }

    /// Applies a split, before the bars of its day.
    package mutating func split(_ place: Int, from: Int64, to: Int64) {
        broker.account.split(
            place, from: from, to: to,
            unit: places[place].rules.lot.step == Fixed(raw: 1_000) ? Fixed(raw: 1) : Fixed(1))
    }

    @inline(__always)
    private mutating func mark(_ place: Int) {
        let quantity = broker.account.positions[place].quantity
        let value = quantity.raw == 0 ? .zero : Money(quantity, at: Fixed(places[place].close) ?? .zero)
        invested += value - values[place]
        values[place] = value
    }

    /// Sales first: what they bring can be spent at once. Orders of other instruments wait for none.
    private mutating func fillOrders(_ bars: ArraySlice<Bar>) {
        var kept: [Order] = []
        for side in [OrderSide.sell, .buy] {
            for order in orders where order.side == side {
                guard let rest = fill(order, bars) else { continue }
                kept.append(rest)
            }
        }
        orders = kept
        for place in waiting.indices { waiting[place] = 0 }
        for order in orders { waiting[order.place] += 1 }
    }

    /// Returns what is left of an order that goes on waiting.
    private mutating func fill(_ order: Order, _ bars: ArraySlice<Bar>) -> Order? {
        let place = places[order.place]
        guard place.step == step, let bar = place.execution(bars[place.bar], span: plan.span) else { return order }
        var rest = order
        rest.patience -= 1
        switch broker.fill(order, at: bar, place.rules) {
        case .success(let fill):
            fills.append(fill)
            if let volume = bar.volume { shares.append(fill.quantity.number / volume) }
            rest.quantity -= fill.quantity
            if rest.quantity > .zero, rest.patience <= 0 { refuse(rest, cause(of: order, bar), bar.time) }
        case .failure(let reason): refuse(order, reason, bar.time)
        }
        return rest.quantity > .zero && rest.patience > 0 ? rest : nil
    }

    /// Why a part of an order was left: the volume, else the cash, did not suffice for more.
    private func cause(of order: Order, _ bar: ExecutionBar) -> Refusal {
        let volume = plan.execution.volume(of: bar)
        return volume.map { $0 < order.quantity } ?? false ? .noVolume : .noCash
    }

    private mutating func refuse(_ order: Order, _ reason: Refusal, _ time: Int64) {
        refusals[reason, default: 0] += 1
        if refused.count < Self.keptRefusals { refused.append(Refused(order: order, reason: reason, time: time)) }
    }

    private mutating func decide(_ time: Int64) {
        if plan.rule.kind == .threshold, plan.rule.shares != nil || places.count == 1 { return cross(time) }
        let isHeld = places.indices.map { broker.account.positions[$0].quantity > .zero || waiting[$0] > 0 }
        let fresh = places.map { $0.step == step }
        let wanted = plan.rule.weights(places.map(\.signal), isHeld: isHeld, fresh: fresh, limits: plan.limits)
        let equity = equity.number
        for (place, weight) in wanted.enumerated() {
            guard let weight else { continue }
            cancel(place)
            let close = places[place].close
            let target = Fixed(weight * equity / close) ?? .zero
            order(place, toward: target, minimum: plan.limits.minimumTrade * equity / close, time)
        }
    }

    /// A threshold for one instrument alone, or for so many shares: what the others do means nothing.
    private mutating func cross(_ time: Int64) {
        for place in places.indices where places[place].step == step && waiting[place] == 0 {
            let (signal, held) = (places[place].signal, broker.account.positions[place].quantity)
            if held == .zero, signal > plan.rule.enter {
                let part = min(plan.limits.weight, plan.limits.gross)
                let quantity = plan.rule.shares ?? Fixed(part * equity.number / places[place].close) ?? .zero
                order(place, toward: quantity, minimum: 0, time)
            } else if held > .zero, signal < plan.rule.exit {
                order(place, toward: .zero, minimum: 0, time)
            }
        }
    }

    private mutating func cancel(_ place: Int) {
        guard waiting[place] > 0 else { return }
        orders.removeAll { $0.place == place }
        waiting[place] = 0
    }

    private mutating func order(_ place: Int, toward target: Fixed, minimum: Double, _ time: Int64) {
        let held = broker.account.positions[place].quantity
        let rules = places[place].rules
        guard rules.isTradable, target != held else { return }
        let side: OrderSide = target > held ? .buy : .sell
        let wanted = side == .buy ? target - held : held - target
        guard target == .zero || wanted.number >= minimum else { return }
        let quantity = side == .buy ? rules.lot.buyable(wanted) : rules.lot.sellable(wanted, of: held)
        guard quantity > .zero, let close = Fixed(places[place].close) else { return }
        orders.append(
            Order(
                side, quantity, of: place, limit: plan.execution.limit(side, at: close, rules), decidedAt: time,
                patience: plan.execution.patience))
        waiting[place] += 1
    }
}
