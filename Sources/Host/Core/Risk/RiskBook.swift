package import PluginKit

/// Positions with their newest prices, and the sums that rules are about; all in the base currency.
///
/// A price changes the sums by what it changes: no event looks at more than its own position, but for the one pass over the
/// numbers of a scenario. After some thousand events everything is summed anew, so that rounding does not add up.
package struct RiskBook: Sendable {
    /// A position as it stands.
    package struct Holding: Sendable {
        /// The position.
        package let position: Position
        /// The host's number of its instrument.
        package let id: InstrumentID
        /// Base currency for one unit of the quote currency.
        package let rate: Double
        /// Groups it belongs to, by their places.
        package let groups: [Int]
        /// The newest price; NaN before the first.
        package fileprivate(set) var price = Double.nan
        /// Event time of that price; `nil` before the first.
        package fileprivate(set) var priceTime: Int64?
        /// What a price is compared with.
        fileprivate var cost: Double

        /// What one unit of price is worth.
        package var unit: Double { position.quantity * position.multiplier * rate }
        /// What it is worth; 0 without a price.
        package var value: Double { price.isNaN ? 0 : unit * price }
        /// What it won since it was bought, not yet certain; 0 without a price.
        package var profit: Double { price.isNaN || cost.isNaN ? 0 : unit * (price - cost) }
    }

    private static let updatesBetweenSums = 4_096

    /// The positions, in the order they were given.
    package private(set) var holdings: [Holding] = []
    /// Names of the groups.
    package let groups: [String]
    /// Sum of what long and short positions are worth, without signs.
    package private(set) var gross = 0.0
    /// The same with signs.
    package private(set) var net = 0.0
    /// Sum of the profits that are not certain.
    package private(set) var profit = 0.0
    /// Gross of each group.
    package private(set) var groupGross: [Double]
    /// How many positions have no price yet.
    package private(set) var unpriced = 0
    /// What the positions would have won or lost in the past.
    package private(set) var scenarios = Scenarios()
    private var places: [InstrumentID: Int] = [:]
    /// What each position is worth.
    private var values: [Double] = []
    private var updates = 0

    /// Creates a book of positions; prices of `before` stay where a position does.
    package init(
        _ positions: [(position: Position, id: InstrumentID, rate: Double, groups: [Int])] = [], groups: [String] = [],
        pricesOf before: RiskBook? = nil
    ) {
        self.groups = groups
        groupGross = Array(repeating: 0, count: groups.count)
        for (place, one) in positions.enumerated() {
            var holding = Holding(
                position: one.position, id: one.id, rate: one.rate, groups: one.groups,
                cost: one.position.cost ?? .nan)
            if let held = before?.holding(of: one.id), !held.price.isNaN {
                (holding.price, holding.priceTime) = (held.price, held.priceTime)
                if holding.cost.isNaN { holding.cost = held.cost.isNaN ? held.price : held.cost }
            }
            holdings.append(holding)
            places[one.id] = place
        }
        sum()
    }

    /// Returns the position in an instrument.
    package func holding(of id: InstrumentID) -> Holding? { places[id].map { holdings[$0] } }

    /// What the greatest position is worth, without its sign.
    package var greatest: Double { values.reduce(0) { max($0, abs($1)) } }

    /// Returns the place of the position in an instrument.
    package func place(of id: InstrumentID) -> Int? { places[id] }

    /// Takes the newest price of an instrument; returns whether a position is in it and the price can be one.
    package mutating func set(price: Double, at time: Int64, of id: InstrumentID) -> Bool {
        guard let place = places[id], price.isFinite, price != 0 else { return false }
        if let known = holdings[place].priceTime, time < known { return false }
        let before = holdings[place]
        if before.price.isNaN { unpriced -= 1 }
        if before.cost.isNaN { holdings[place].cost = price }
        holdings[place].price = price
        holdings[place].priceTime = time
        change(from: before, to: holdings[place], at: place)
        return true
    }

    /// Puts the past of prices under the positions.
    package mutating func set(_ scenarios: Scenarios) {
        self.scenarios = scenarios
        self.scenarios.sum(values)
    }

    private mutating func change(from before: Holding, to now: Holding, at place: Int) {
        updates += 1
        guard updates < Self.updatesBetweenSums else { return sum() }
        let (old, new) = (before.value, now.value)
        values[place] = new
        gross += abs(new) - abs(old)
        net += new - old
        profit += now.profit - before.profit
        for group in now.groups { groupGross[group] += abs(new) - abs(old) }
        scenarios.change(by: new - old, at: place)
    }

    private mutating func sum() {
        updates = 0
        values = holdings.map(\.value)
        gross = values.reduce(0) { $0 + abs($1) }
        net = values.reduce(0, +)
        profit = holdings.reduce(0) { $0 + $1.profit }
        unpriced = holdings.count { $0.price.isNaN }
        for group in groupGross.indices { groupGross[group] = 0 }
        for (holding, value) in zip(holdings, values) {
            for group in holding.groups { groupGross[group] += abs(value) }
        }
        if scenarios.isUsable { scenarios.sum(values) }
    }
}
