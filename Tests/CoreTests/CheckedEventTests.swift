import HostCore
import PluginKit
import Testing

/// What must be true of each kind of event.
struct CheckedEventTests {
    private static let now: Int64 = 1_000_000_000_000_000_000

    private func reasons<Event: CheckedEvent>(_ events: [Event]) -> [QualityReason] {
        var stage = QualityStage<Event>(isKnown: [true])
        var accepted: [Event] = []
        var reasons: [QualityReason] = []
        stage.process(events.span, into: &accepted) { refusal in
            reasons.append(refusal.reason)
            #expect(!refusal.message.isEmpty)
        }
        return reasons
    }

    private func quote(
        _ bid: Double, _ ask: Double, sizes: (Double, Double) = (1, 1), after: Int64 = 0
    ) -> Quote {
        Quote(
            time: Self.now + after, bid: bid, ask: ask, bidSize: sizes.0, askSize: sizes.1, instrument: id(0))
    }

    private func book(_ bids: [(Double, Double)], _ asks: [(Double, Double)], sequence: Int64 = 0) -> OrderBook {
        OrderBook(
            time: Self.now, sequence: sequence, bids: bids.map { .init(price: $0.0, size: $0.1) },
            asks: asks.map { .init(price: $0.0, size: $0.1) }, instrument: id(0))
    }

    private func trade(_ price: Double, _ size: Double, after: Int64 = 0) -> Trade {
        Trade(time: Self.now + after, price: price, size: size, instrument: id(0))
    }

    @Test func quotesThatCannotBeAreRefused() {
        #expect(reasons([quote(.nan, .nan)]) == [.nonFinite])
        #expect(reasons([quote(1, .infinity)]) == [.nonFinite])
        #expect(reasons([quote(0, 1)]) == [.nonPositivePrice])
        #expect(reasons([quote(1, 2, sizes: (-1, 1))]) == [.nonPositiveSize])
        #expect(reasons([quote(1, 2), quote(1, 2, after: -1)]) == [.outOfOrder])
        #expect(reasons([quote(1, 2), quote(1, 2), quote(.nan, 2, sizes: (.nan, 1)), quote(1, .nan)]).isEmpty)
    }

    @Test func unusualQuotesAreKeptWithAFlagAndCounted() {
        var stage = QualityStage<Quote>(isKnown: [true])
        var accepted: [Quote] = []
        let quotes = [quote(2, 1), quote(1, 2, sizes: (0, 1)), quote(1, 2), quote(2, 2)]
        stage.process(quotes.span, into: &accepted) { _ in Issue.record("nothing is refused") }
        #expect(accepted.map { $0.flags.contains(.suspect) } == [true, true, false, false])
        #expect(stage.doubts == [.crossed: 1, .zeroSize: 1])
    }

    @Test func tradesThatCannotBeAreRefused() {
        #expect(reasons([trade(0, 1)]) == [.nonPositivePrice])
        #expect(reasons([trade(1, 0)]) == [.nonPositiveSize])
        #expect(reasons([trade(1, .nan)]) == [.nonFinite])
        #expect(reasons([trade(1, 1), trade(1, 1), trade(1, 1, after: -5)]) == [.outOfOrder])
        // One price a hundred times the others is no level.
        #expect(reasons([trade(1, 1), trade(100, 1), trade(1, 1)]) == [.priceJump])
    }

    @Test func booksThatCannotBeAreRefused() {
        #expect(reasons([book([(2, 1)], [(2, 1)])]) == [.crossed])
        #expect(reasons([book([(1, 1), (2, 1)], [])]) == [.levelsOutOfOrder])
        #expect(reasons([book([], [(2, 1), (2, 1)])]) == [.levelsOutOfOrder])
        #expect(reasons([book([(1, 0)], [])]) == [.nonPositiveSize])
        #expect(
            reasons([book([(1, 1)], [(2, 1)], sequence: 5), book([(1, 1)], [(2, 1)], sequence: 5)]) == [.outOfSequence])
        #expect(reasons([book([], []), book([(2, 1), (1, 1)], [(3, 1), (4, 1)])]).isEmpty)
    }

    @Test func factsThatCannotBeAreRefused() throws {
        let name = try #require(FigureName("revenue"))
        func figure(_ time: Int64, _ end: Int64, _ value: Double) -> Figure {
            Figure(time: Self.now + time, periodEnd: Self.now + end, value: value, name: name, instrument: id(0))
        }
        #expect(reasons([figure(0, 1, 1)]) == [.publishedEarly])
        #expect(reasons([figure(0, 0, .nan)]) == [.nonFinite])
        #expect(reasons([figure(1, 0, 1), figure(1, 0, 1), figure(1, 0, 2)]) == [.duplicate, .conflictingDuplicate])
        func factor(_ ratio: Double, _ cash: Double) -> Factor {
            Factor(time: Self.now, ratio: ratio, cash: cash, instrument: id(0))
        }
        #expect(
            reasons([factor(2, 0), factor(2, 0), factor(3, 0), factor(1, 0.5)]) == [.duplicate, .conflictingDuplicate])
        #expect(reasons([factor(0, 0), factor(1, 0), factor(1, -1)]) == Array(repeating: .impossibleFactor, count: 3))
    }

    @Test func eachKindGoesThroughAPipeline() async throws {
        var rig = Rig()
        rig.kind = .trade
        rig.wallTime = Self.now + 1_000
        let trades = (0..<40).map { number in
            Trade(
                time: Self.now + Int64(number / 4), price: 10 + Double(number % 3), size: number == 7 ? 0 : 1,
                instrument: id(number % 2))
        }
        let deliveries = stride(from: 0, to: 40, by: 10).map { start in
            Delivery(batch: .trades(Array(trades[start..<start + 10])), position: StreamPosition("\(start)"))
        }
        let sink = RecordingSink()
        let pipeline = rig.pipeline(ArrayProvider(deliveries), [Rig.sink("out", sink, records: [.trades])])
        try await pipeline.run()
        let snapshot = pipeline.snapshot
        #expect(snapshot.received == 40 && snapshot.accepted == 39 && snapshot.addsUp)
        #expect(snapshot.rejected == ["non_positive_size": 1])
        #expect(sink.rows.count == 39)
    }
}
