import PluginKit
import Testing

/// What the comments of the indicators over trades, quotes and books promise where recordings do not lead.
@Suite struct MicrostructureTests {
    private static let nobody = InstrumentID(rawValue: 0)

    private func rows<Event: MarketEvent>(
        _ name: String, _ options: String = "", _ events: [Event]
    ) throws -> [[Double]] {
        let plugin = try Subjects.plugin(name)
        var indicator = try Subjects.make(plugin, Subjects.configuration(name, options), Event.self)
        return Subjects.feed(events, to: &indicator)
    }

    private func trade(_ price: Double, _ size: Double = 1, _ side: Trade.Side = .unknown, at time: Int64 = 0) -> Trade
    {
        Trade(time: time, price: price, size: size, side: side, instrument: Self.nobody)
    }

    private func quote(_ bid: Double, _ ask: Double, _ bidSize: Double = 1, _ askSize: Double = 1) -> Quote {
        Quote(time: 0, bid: bid, ask: ask, bidSize: bidSize, askSize: askSize, instrument: Self.nobody)
    }

    @Test func theTickRuleKeepsTheSignWhileThePriceStands() throws {
        let trades = [5.0, 5, 6, 6, 4, 4, 5].map { trade($0, 2) }
        let signed = try rows("signed_volume", "period=1", trades).map { $0[0] }
        #expect(signed == [0, 0, 2, 2, -2, -2, 2])
    }

    @Test func theVenuesWordGoesBeforeTheTickRule() throws {
        let trades = [trade(5, 1, .sell), trade(6, 1, .sell), trade(6), trade(7, 1, .buy)]
        #expect(try rows("signed_volume", "period=1", trades).map { $0[0] } == [-1, -1, 1, 1])
        #expect(try rows("signed_volume", "period=1&rule=tick", trades).map { $0[0] } == [0, 1, 1, 1])
    }

    /// 3 of a bucket of 10 are bought; a sale of 1,000 fills it, fills 99 more with one side only, and leaves 3.
    @Test func aTradeOfManyBucketsFillsThemAll() throws {
        let trades = [trade(5, 3, .buy), trade(5, 1_000, .sell), trade(5, 7, .buy)]
        let found = try rows("vpin", "bucket=10&period=4", trades)
        #expect(found == [[1, 0], [1, 4], [(3 + 0.4) / 4, 4]])
        let wide = try rows("vpin", "bucket=10&period=1000", Array(trades[..<2]))
        #expect((wide[1][0] - (0.4 + 99) / 100).magnitude < 1e-12 && wide[1][1] == 100)
    }

    @Test func anEndlessTradeEnds() throws {
        let found = try rows("vpin", "bucket=0.001", [trade(5, 1e300, .buy), trade(5, 1, .sell)])
        #expect(found == [[1, 50], [1, 50]])
    }

    @Test func intensityCountsTradesOfOneInstantAndFadesOverTime() throws {
        let second = Int64(1_000_000_000)
        let trades = [trade(5, 3), trade(5, 3), trade(5, 3, at: second), trade(5, 3, at: .max)]
        let found = try rows("trade_intensity", "span=1s", trades)
        #expect(found[0] == [1, 3] && found[1] == [2, 6] && found[3] == [1, 3])
        #expect((found[2][0] - (1 + 2 * 0.367_879_441_171_442_3)).magnitude < 1e-15)
    }

    @Test func aTradeBeforeTheLastCountsAsAtItsTime() throws {
        let found = try rows("trade_intensity", "span=1s", [trade(5, 3, at: .max), trade(5, 3, at: .min)])
        #expect(found == [[1, 3], [2, 6]])
    }

    @Test func aQuoteWithAnEmptySideIsRefusedAndTheNextGoesOnFromTheOneBefore() throws {
        let quotes = [quote(4, 6, 10, 10), quote(.nan, 6), quote(4, 6, 13, 10)]
        #expect(try rows("quoted_spread", "", quotes).map { $0[0].isNaN } == [false, true, false])
        #expect(try rows("order_flow_imbalance", "period=1", quotes)[2] == [3, 3])
    }

    @Test func withoutSizesTheMicropriceIsTheMidAndNothingIsOutOfBalance() throws {
        let quotes = [quote(4, 6, 0, 0)]
        #expect(try rows("microprice", "", quotes) == [[5, 5]])
        #expect(try rows("quote_imbalance", "", quotes) == [[0]])
    }

    @Test func aBookWithFewerLevelsGivesThoseThereAre() throws {
        let level = OrderBook.Level(price: 5, size: 3)
        let books = [[level], []].map { OrderBook(time: 0, bids: [level, level], asks: $0, instrument: Self.nobody) }
        #expect(try rows("book_depth", "levels=2", books) == [[6, 3], [6, 0]])
        #expect(try rows("book_imbalance", "levels=1", books) == [[0], [1]])
        let empty = OrderBook(time: 0, bids: [], asks: [], instrument: Self.nobody)
        #expect(try rows("book_imbalance", "", [empty]) == [[0]])
    }

    /// Prices that bounce by 2 have the covariance -1 a pair and Roll's spread 2; prices that go on have none.
    @Test func rollsSpreadIsThatOfTheBounce() throws {
        let bounce = (0..<40).map { trade($0 % 2 == 0 ? 10 : 12) }
        let last = try #require(try rows("roll_spread", "period=20", bounce).last)
        #expect((last[0] - 4).magnitude < 1e-12 && (last[1] + 4).magnitude < 1e-12)
        let rise = (0..<40).map { trade(Double($0 * $0)) }
        #expect(try rows("roll_spread", "period=20", rise).last?[0] == 0)
    }

    @Test func volatilityOfEveryThirdTradeStandsBetweenThem() throws {
        let found = try rows("trade_volatility", "period=1&every=3", [1.0, 9, 9, 1, 5, 5, 1].map { trade($0) })
        #expect(found[..<3].allSatisfy { $0[0].isNaN } && found[3...] == [[0], [0], [0], [0]])
    }

    @Test func amihudHasNoValueWithoutVolume() throws {
        let bars = Subjects.bars([5, 6, 6, 6], volume: 0)
        #expect(try Subjects.rows("amihud", "period=2", bars).allSatisfy { $0[0].isNaN })
    }

    @Test func aJumpIsFoundAndAStandstillHasNone() throws {
        let quiet = (0..<30).map { $0 % 2 == 0 ? 100.0 : 100.1 }
        let found = try Subjects.rows("price_jump", "period=16", Subjects.bars(quiet + [110, 99]))
        #expect(found[29][1] == 0 && found[30][1] == 1 && found[31][1] == -1)
        #expect(try Subjects.rows("price_jump", "period=5", Subjects.bars([1, 1, 1, 1, 1, 1, 2])).last == [0, 0])
    }

    @Test func anExpressionSaysThatItReadsBars() throws {
        let configuration = Configuration(
            instance: "indicator/expression", values: ["expr": .text("microprice() - close")])
        let fault = try Subjects.plugin("expression").validate(configuration).first
        #expect(fault?.message.contains("'microprice' does not read bars") == true, "\(fault?.message ?? "none")")
    }
}
