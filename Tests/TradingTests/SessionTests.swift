import HostTrading
import PluginKit
import Testing

/// A strategy from signal to fill: when things are decided, when they are filled, and what an account then holds.
@Suite struct SessionTests {
    static let day: Int64 = 86_400_000_000_000
    /// 2024-01-01, 07:00 UTC: the close of a day in Shanghai.
    static let first: Int64 = 19_723 * day + 25_200_000_000_000

    static func bar(_ number: Int, _ open: Double, _ close: Double, of member: Int = 0, volume: Double = 1e9) -> Bar {
        Bar(
            time: first + Int64(number) * day, open: open, high: max(open, close) + 0.01, low: min(open, close) - 0.01,
            close: close, volume: volume, instrument: InstrumentID(rawValue: UInt32(member)))
    }

    static func plan(
        _ rule: StrategyRule, _ symbols: [String] = ["600000.SH"], capital: Double = 100_000, rebalance: Int = 1,
        limits: StrategyLimits = StrategyLimits(), execution: Execution = Execution(participation: 1, spread: 0)
    ) throws -> StrategyPlan {
        let members = try symbols.map { StrategyPlan.Member($0, VenueRules(for: try Instrument(parsing: $0))) }
        return StrategyPlan(
            id: "s", rule: rule, limits: limits, rebalance: rebalance, execution: execution,
            capital: try #require(Money(capital)), members: members)
    }

    static func run(_ plan: StrategyPlan, _ bars: [Bar], _ signals: [Double]) -> TradingSession {
        let data = BacktestData(bars) { Int($0.rawValue) }
        return data.run(plan, signals: data.ordered(signals))
    }

    @Test func whatIsDecidedAtACloseIsFilledAtTheNextOpen() throws {
        let plan = try Self.plan(StrategyRule(.threshold, shares: Fixed(100)))
        let session = Self.run(
            plan, [Self.bar(0, 10, 10.5), Self.bar(1, 10.6, 10.9), Self.bar(2, 10.8, 10.7), Self.bar(3, 10.6, 10.6)],
            [1, -1, -1, -1])
        try #require(session.fills.count == 2)
        let (buy, sale) = (session.fills[0], session.fills[1])
        #expect(buy.price == Fixed(10.6) && buy.decidedAt == Self.first && buy.time == Self.first + Self.day)
        #expect(sale.price == Fixed(10.8) && sale.decidedAt == buy.time && sale.time == Self.first + 2 * Self.day)
        // 1,080 less 1,060, less 5.01 to buy and 5.00 + 0.54 + 0.01 to sell.
        #expect(sale.profit == Money(9.44))
        #expect(session.equity == Money(100_009.44) && session.account.positions[0].closed == 1)
    }

    @Test func theLastDecisionIsNeverFilled() throws {
        let plan = try Self.plan(StrategyRule(.threshold, shares: Fixed(100)))
        let session = Self.run(plan, [Self.bar(0, 10, 10), Self.bar(1, 10, 10)], [.nan, 1])
        #expect(session.fills.isEmpty && session.orders.count == 1 && session.equity == plan.capital)
        #expect(session.points.count == 1, "the curve begins with the first signal")
    }

    @Test func whatWasBoughtInTheMorningIsNotSoldInTheAfternoon() throws {
        var plan = try Self.plan(StrategyRule(.threshold, shares: Fixed(100)))
        plan.span = 3_600_000_000_000
        let hour = plan.span
        let bars = (0..<4).map { number in
            var bar = Self.bar(0, 10, 10)
            bar.time = Self.first - 4 * hour + Int64(number) * hour
            return bar
        }
        let session = Self.run(plan, bars + [Self.bar(1, 10, 10)], [1, -1, -1, -1, -1])
        #expect(session.fills.map(\.side) == [.buy, .sell])
        #expect(session.fills.last?.time == Self.first + Self.day)
        #expect(session.refusals == [.heldOverNight: 2])
    }

    @Test func salesOfOneInstrumentDoNotBlockPurchasesOfAnother() throws {
        let plan = try Self.plan(StrategyRule(.topK, count: 1), ["600000.SH", "600036.SH"])
        // The first is sealed at its lower limit on the day it is to be sold; the second is bought with what cash there is.
        let bars = [
            Self.bar(0, 10, 10), Self.bar(0, 10, 10, of: 1), Self.bar(1, 10, 10), Self.bar(1, 10, 10, of: 1),
            Bar(
                time: Self.first + 2 * Self.day, open: 9, high: 9, low: 9, close: 9, volume: 1e6,
                instrument: InstrumentID(rawValue: 0)),
            Self.bar(2, 10, 10, of: 1), Self.bar(3, 9, 9), Self.bar(3, 10, 10, of: 1),
        ]
        var half = plan
        half.limits = StrategyLimits(weight: 0.5, minimumTrade: 0.05)
        let session = Self.run(half, bars, [1, 0, 0, 1, 0, 1, 0, 1])
        #expect(session.refusals[.limitDown] == 1)
        #expect(session.fills.map { "\($0.side) \($0.place)" } == ["buy 0", "buy 1", "sell 0"])
    }

    @Test func whatASaleBringsIsSpentAtTheSameOpen() throws {
        let plan = try Self.plan(StrategyRule(.topK, count: 1), ["600000.SH", "600036.SH"])
        let bars = (0..<3).flatMap { [Self.bar($0, 10, 10), Self.bar($0, 10, 10, of: 1)] }
        let session = Self.run(plan, bars, [1, 0, 0, 1, 0, 1])
        #expect(session.fills.map(\.side) == [.buy, .sell, .buy])
        #expect(session.fills[0].quantity == Fixed(9_900) && session.account.positions[1].quantity == Fixed(9_900))
        #expect(session.refusals == [.noCash: 1], "a lot of the first 10,000 shares was beyond the cash")
    }

    @Test func anInstrumentWithoutABarIsLeftAsItIs() throws {
        let plan = try Self.plan(StrategyRule(.topK, count: 1), ["600000.SH", "600036.SH"])
        let bars = [
            Self.bar(0, 10, 10), Self.bar(0, 10, 10, of: 1), Self.bar(1, 10, 10), Self.bar(1, 10, 10, of: 1),
            Self.bar(2, 10, 10, of: 1), Self.bar(3, 10, 10), Self.bar(3, 10, 10, of: 1),
        ]
        let session = Self.run(plan, bars, [1, 0, 1, 0, 0, 1, 0])
        #expect(session.account.positions[0].quantity > .zero && session.account.positions[0].closed == 0)
    }

    @Test func anOrderWaitsAsLongAsItsPatience() throws {
        let bars = [
            Self.bar(0, 10, 10), Self.bar(1, 10, 10, volume: 0), Self.bar(2, 10, 10, volume: 0), Self.bar(3, 10, 10),
        ]
        var plan = try Self.plan(StrategyRule(.threshold, shares: Fixed(100)))
        #expect(Self.run(plan, bars, [1, .nan, .nan, .nan]).fills.isEmpty)
        plan.execution.patience = 3
        let session = Self.run(plan, bars, [1, .nan, .nan, .nan])
        #expect(session.fills.map(\.time) == [Self.first + 3 * Self.day] && session.refusals == [.suspended: 2])
    }

    @Test func aSplitIsNotAFallBeyondTheLimit() throws {
        let plan = try Self.plan(StrategyRule(.threshold, shares: Fixed(100)))
        // 10 for 20: at raw prices the day after lies at a half, far below 9.00, and no limit is known.
        let session = Self.run(plan, [Self.bar(0, 20, 20), Self.bar(1, 10, 10)], [1, 1])
        #expect(session.fills.count == 1 && session.refusals.isEmpty)
    }

    @Test func theFirstDaysOfAListingHaveNoLimit() throws {
        var plan = try Self.plan(StrategyRule(.threshold, shares: Fixed(200)), ["688001.SH"])
        let sealed = { (number: Int, price: Double) in
            Bar(
                time: Self.first + Int64(number) * Self.day, open: price, high: price, low: price, close: price,
                volume: 1e6,
                instrument: InstrumentID(rawValue: 0))
        }
        let bars = [sealed(0, 10), sealed(1, 12)]
        #expect(Self.run(plan, bars, [1, 1]).refusals == [.limitUp: 1])
        plan.members[0].listed = TradingDay.days("2024-01-01")
        #expect(Self.run(plan, bars, [1, 1]).fills.count == 1)
    }

    @Test func accountsTakeDividendsAndSplits() throws {
        var account = Account(cash: .zero, instruments: 1)
        account.take(0, Fixed(1_005), cost: try #require(Money(10_050)))
        account.dividend(0, perShare: try #require(Fixed(0.25)))
        #expect(account.cash == Money(251.25) && account.positions[0].earned == Money(251.25))
        account.split(0, from: 10, to: 13)
        #expect(account.positions[0].quantity == Fixed(1_306) && account.positions[0].cost == Money(10_050))
        account.split(0, from: 0, to: 2)
        #expect(account.positions[0].quantity == Fixed(1_306), "a split of nothing is none")
    }

    @Test func proportionAndPolicyKeepToTheLimits() throws {
        let symbols = ["600000.SH", "600036.SH", "000001.SZ"]
        let bars = (0..<2).flatMap { number in (0..<3).map { Self.bar(number, 10, 10, of: $0) } }
        let limits = StrategyLimits(weight: 0.4, gross: 0.6)
        let shares = try [StrategyRule.Kind.proportional, .policy].map { kind in
            let plan = try Self.plan(StrategyRule(kind), symbols, limits: limits)
            return Self.run(plan, bars, [3, 1, -5, 3, 1, -5]).account.positions.map(\.quantity.number)
        }
        #expect(shares[0] == [3_600, 2_300, 0], "0.4 and 0.25, scaled to 0.6 together")
        #expect(shares[1] == [3_000, 3_000, 0])
    }
}
