import CivilTime
import HostManifest
import HostTrading

/// What a strategy holds now, as REST shows it.
struct PaperAccount: Sendable, Encodable {
    struct Position: Sendable, Encodable {
        let instrument: String
        let quantity: Double
        let cost: Double
        let value: Double
        /// Earned and not yet earned, after fees.
        let profit: Double
    }

    struct Order: Sendable, Encodable {
        let instrument: String
        let side: OrderSide
        let quantity: Double
        let limit: Double?
        let decidedAt: String

        enum CodingKeys: String, CodingKey {
            case instrument, side, quantity, limit
            case decidedAt = "decided_at"
        }
    }

    struct Fill: Sendable, Encodable {
        let instrument: String
        let side: OrderSide
        let quantity: Double
        let price: Double
        let fees: Double
        let decidedAt: String
        let filledAt: String

        enum CodingKeys: String, CodingKey {
            case instrument, side, quantity, price, fees
            case decidedAt = "decided_at"
            case filledAt = "filled_at"
        }
    }

    /// Most fills that are shown, the newest.
    private static let shownFills = 100

    let strategy: String
    let pipeline: String
    let from: String
    let rule: String
    /// Event times of the first decision and of the last bars that are in it; absent where nothing is known yet.
    let since: String?
    let through: String?
    let capital: Double
    let cash: Double
    let equity: Double
    let positions: [Position]
    /// Orders that wait for the next bar.
    let orders: [Order]
    let fills: [Fill]
    let fillCount: Int
    let fees: [String: Double]
    let refused: [String: Int]

    enum CodingKeys: String, CodingKey {
        case strategy, pipeline, from, rule, since, through, capital, cash, equity, positions, orders, fills, fees,
            refused
        case fillCount = "fill_count"
    }

    init(_ session: TradingSession, _ declaration: StrategyDeclaration) {
        let names = session.plan.members.map(\.name)
        func text(_ time: Int64) -> String { ISO8601.format(time, decimals: 0) }
        (strategy, pipeline) = (declaration.id, declaration.pipeline)
        (from, rule) = (declaration.from, declaration.rule.rawValue)
        since = session.points.first.map { text($0.time) }
        through = session.points.last.map { text($0.time) }
        (capital, cash) = (session.plan.capital.number, session.account.cash.number)
        equity = session.equity.number
        positions = session.account.positions.enumerated().filter { $0.element.quantity > .zero }.map { place, own in
            Position(
                instrument: names[place], quantity: own.quantity.number, cost: own.cost.number,
                value: session.value(of: place).number,
                profit: (own.earned + session.value(of: place) - own.cost).number)
        }
        orders = session.orders.map {
            Order(
                instrument: names[$0.place], side: $0.side, quantity: $0.quantity.number, limit: $0.limit?.number,
                decidedAt: text($0.decidedAt))
        }
        fills = session.fills.suffix(Self.shownFills).map {
            Fill(
                instrument: names[$0.place], side: $0.side, quantity: $0.quantity.number, price: $0.price.number,
                fees: $0.fees.total.number, decidedAt: text($0.decidedAt), filledAt: text($0.time))
        }
        fillCount = session.fills.count
        fees = session.account.fees
        refused = Dictionary(uniqueKeysWithValues: session.refusals.map { ($0.key.rawValue, $0.value) })
    }
}
