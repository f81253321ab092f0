import PluginKit
import Testing

@testable import HostCore

/// Positions, sums and profits.
@Suite struct RiskBookTests {
    private let sample = RiskSample()

    @Test func sumsFollowPricesAndStayExact() {
        var book = sample.book
        #expect(book.unpriced == 2 && book.gross == 0)
        for step in 1...10_000 {
            let isTaken18 = book.set(price: 10 + Double(step % 7) / 3, at: Int64(step), of: sample.apple)
            #expect(isTaken18)
            if step == 5_000 {
                let isTaken19 = book.set(price: 30, at: 1, of: sample.ibm)
                #expect(isTaken19)
            }
        }
        let apple = 100 * (10 + Double(10_000 % 7) / 3)
        #expect(abs(book.gross - apple - 1_500) < 1e-6 && abs(book.net - apple + 1_500) < 1e-6)
        #expect(abs(book.profit - (apple - 1_000) + 500) < 1e-6 && abs(book.groupGross[0] - apple) < 1e-6)
        #expect(book.greatest == 1_500 && book.unpriced == 0)
    }

    @Test func whatIsNoPriceChangesNothing() {
        var book = sample.book
        for price in [Double.nan, .infinity, 0] {
            let isTaken20 = book.set(price: price, at: 1, of: sample.apple)
            #expect(!isTaken20)
        }
        let isTaken21 = book.set(price: 1, at: 1, of: InstrumentID(rawValue: 99))
        #expect(!isTaken21, "nothing is held of it")
        let isTaken22 = book.set(price: 10, at: 5, of: sample.apple)
        #expect(isTaken22)
        let isTaken23 = book.set(price: 11, at: 4, of: sample.apple)
        #expect(!isTaken23, "older than the one that is known")
        var engine = sample.engine()
        engine.take(.nan, at: 9, of: sample.apple, now: 9)
        #expect(engine.refusedPrices == 1)
    }

    @Test func anotherCurrencyAndAMultiplierCount() {
        let position = Position(
            instrument: sample.directory.instrument(sample.apple), quantity: 2, currency: "EUR", multiplier: 300)
        var book = RiskBook([(position, sample.apple, 1.1, [])])
        _ = book.set(price: 4_000, at: 1, of: sample.apple)
        #expect(abs(book.gross - 2 * 300 * 4_000 * 1.1) < 1e-6 && book.profit == 0, "the first price counts as paid")
        _ = book.set(price: 4_010, at: 2, of: sample.apple)
        #expect(abs(book.profit - 2 * 300 * 10 * 1.1) < 1e-6)
    }

    @Test func otherPositionsLeaveEquityAsItWas() {
        var engine = sample.engine()
        engine.take(15, at: 3, of: sample.apple, now: 3)
        #expect(engine.state.account.equity == 10_500)
        let position = Position(
            instrument: sample.directory.instrument(sample.apple), quantity: 10, cost: 1, currency: "USD")
        engine.set(RiskBook([(position, sample.apple, 1, [])], pricesOf: engine.state.book), at: 4)
        #expect(engine.state.account.equity == 10_500)
        engine.take(16, at: 5, of: sample.apple, now: 5)
        #expect(engine.state.account.equity == 10_510)
    }

    @Test(arguments: [
        (100.0, 12.0, 200.0, 11.0, 0.0), (-40, 15, 60, 10, 200), (-100, 9, 0, 10, -100), (-150, 12, -50, 12, 200),
    ])
    func aFillMovesCostOrMakesProfitCertain(
        _ quantity: Double, _ price: Double, _ after: Double, _ cost: Double, _ profit: Double
    ) {
        var position = Position(
            instrument: sample.directory.instrument(sample.apple), quantity: 100, cost: 10, currency: "USD")
        let made = position.take(
            Fill(id: "1", instrument: position.instrument, quantity: quantity, price: price))
        #expect(position.quantity == after && made == profit)
        #expect(position.cost == cost)
    }

    @Test func anAccountKnowsDaysPeaksAndTrades() {
        var account = RiskAccount()
        account.set(equity: 100, at: 1)
        account.trade(30, at: 2)
        account.set(equity: 120, at: 3)
        account.set(equity: 90, at: 4)
        #expect(account.dailyLoss == 10 && account.drawdown == 0.25 && account.traded == 30)
        account.set(equity: 85, at: RiskSample.day)
        #expect(account.dailyLoss == 5 && account.traded == 0 && account.peak == 120)
        account.set(equity: 85, at: 1)
        #expect(account.day == 1, "an older time begins no day")
    }

    @Test func anOrderIsMeasuredWithoutBeingFilled() {
        let engine = sample.engine(RiskLimit(rule: "gross_exposure", limit: 2_500))
        var book = engine.state.book
        let isTaken24 = book.set(price: 100, at: 9, of: sample.apple)
        #expect(isTaken24)
        let after = engine.with(book, traded: 5)
        #expect(after.measured().map(\.reading.value) == [11_000] && engine.measured().map(\.reading.value) == [2_000])
        #expect(after.state.account.traded == 5 && engine.state.account.traded == 0)
    }
}

/// Losses that the past shows.
@Suite struct ScenarioTests {
    @Test func closesOfSeveralVenuesBecomeReturnsOfTheSameSpans() {
        let found = Scenarios.returns(
            [[(1, 10), (2, 11), (4, 22)], [(2, 5), (3, 10)], [(1, 1)], []], window: 10)
        #expect(found.count == 4 && found[2] == nil && found[3] == nil)
        #expect(found[0]?.map { ($0 * 1_000).rounded() / 1_000 } == [0.1, 0, 1])
        #expect(found[1] == [0, 1, 0], "before its first close and without one it has not moved")
        #expect(Scenarios.returns([[(1, 1), (2, 2), (3, 3)]], window: 1)[0]?.count == 1)
    }

    @Test func quantilesAreThoseOfNumpy() throws {
        // numpy.quantile([-8 ... 8], 0.05) is -7.2; the losses at least as large are 8 alone.
        var scenarios = Scenarios(returns: [(-8...8).map { Double($0) }])
        scenarios.sum([1])
        let loss = try #require(scenarios.history(0.95))
        #expect(abs(loss.valueAtRisk - 7.2) < 1e-12 && loss.shortfall == 8)
    }

    @Test func aVarianceThatForgetsWeighsTheNewest() throws {
        var scenarios = Scenarios(returns: [[1, 2]])
        scenarios.sum([1])
        let loss = try #require(scenarios.weighted(0.99))
        let deviation = ((4 + 0.94) / 1.94).squareRoot()
        #expect(abs(loss.valueAtRisk - 2.3263478740408408 * deviation) < 1e-9)
        #expect(abs(loss.shortfall - 2.665214220345808 * deviation) < 1e-6)
    }

    @Test func withoutAPastThereIsNoLoss() {
        #expect(Scenarios().history(0.99) == nil && Scenarios().weighted(0.99) == nil)
        #expect(!Scenarios(returns: [nil, nil]).isUsable && !Scenarios(returns: [[0.1]]).isUsable)
    }
}

/// The way of prices.
@Suite struct PriceFeedTests {
    private func bar(_ id: UInt32, _ time: Int64, _ close: Double) -> Bar {
        Bar(
            time: time, open: close, high: close, low: close, close: close, volume: 1,
            instrument: InstrumentID(rawValue: id))
    }

    @Test func theNewestOfEachHeldInstrumentWaits() {
        let feed = PriceFeed()
        feed.offer(.bars([bar(1, 1, 10)]))
        #expect(feed.take().isEmpty && feed.newest == .min, "nothing is watched")
        feed.watch([InstrumentID(rawValue: 1), InstrumentID(rawValue: 3)])
        feed.offer(.bars([bar(1, 1, 10), bar(2, 1, 99), bar(1, 2, 11), bar(3, 3, 7), bar(1, 1, 9), bar(90, 1, 1)]))
        #expect(feed.take().map(\.price) == [11, 7] && feed.newest == 3)
        #expect(feed.counts == (4, 2) && feed.take().isEmpty)
    }

    @Test func tradesAndQuotesHavePricesToo() {
        let feed = PriceFeed()
        let id = InstrumentID(rawValue: 0)
        feed.watch([id])
        feed.offer(.quotes([Quote(time: 1, bid: 1, ask: 3, bidSize: 1, askSize: 1, instrument: id)]))
        #expect(feed.take().map(\.price) == [2])
        feed.offer(.trades([Trade(time: 2, price: 5, size: 1, side: .unknown, instrument: id)]))
        #expect(feed.take().map(\.price) == [5])
    }

    @Test func whoWaitsIsWoken() async {
        let feed = PriceFeed()
        feed.watch([InstrumentID(rawValue: 1)])
        let waiting = Task { await feed.wait(atMost: .seconds(60)) }
        feed.offer(.bars([bar(1, 1, 10)]))
        await waiting.value
        #expect(feed.take().count == 1)
        await feed.wait(atMost: .milliseconds(1))
    }
}
