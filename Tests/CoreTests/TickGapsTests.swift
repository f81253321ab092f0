import HostCore
import PluginKit
import Testing

/// Spans in which nothing of an instrument came: what a route that names one for a kind tells.
struct TickGapsTests {
    private static let second: Int64 = 1_000_000_000

    private static func trade(_ instrument: Int, at second: Int64) -> Trade {
        Trade(time: day + second * Self.second, price: 10, size: 1, side: .buy, instrument: id(instrument))
    }

    private func alerts(
        _ gaps: [EventKind: Int64], _ batches: [EventBatch], _ kind: EventKind = .trade,
        hours: (any TradingHours)? = nil,
        stores: MemoryStores = MemoryStores()
    ) async throws -> ReasonCounts {
        try await alerts(QualityRules(gaps: gaps), batches, kind, hours: hours, stores: stores)
    }

    private func alerts(
        _ rules: QualityRules, _ batches: [EventBatch], _ kind: EventKind, hours: (any TradingHours)? = nil,
        stores: MemoryStores = MemoryStores()
    ) async throws -> ReasonCounts {
        var rig = Rig()
        (rig.kind, rig.stores, rig.streamDigest) = (kind, stores, "stream")
        rig.rules = rules
        rig.hours = { _ in hours }
        let deliveries = batches.enumerated().map {
            Delivery(batch: $0.element, position: StreamPosition("\($0.offset)"))
        }
        let pipeline = rig.pipeline(ArrayProvider(deliveries), [])
        try await pipeline.run()
        #expect(pipeline.snapshot.addsUp)
        return pipeline.snapshot.alerts
    }

    @Test func eachInstrumentIsWatchedByItself() async throws {
        let times: [(Int, Int64)] = [(0, 0), (1, 1), (0, 50), (0, 120), (1, 130), (0, 180)]
        let trades = times.map { Self.trade($0.0, at: $0.1) }
        // 0 pauses for 70 s, 1 for 129 s.
        #expect(try await alerts([.trade: 60 * Self.second], [.trades(trades)]) == ["gap": 2])
        #expect(try await alerts([.trade: 100 * Self.second], [.trades(trades)]) == ["gap": 1])
        #expect(try await alerts([.trade: 129 * Self.second], [.trades(trades)]).isEmpty)
        #expect(try await alerts([.quote: Self.second], [.trades(trades)]).isEmpty, "of trades nothing is named")
        #expect(try await alerts([:], [.trades(trades)]).isEmpty)
    }

    @Test func aVenueHasASpanOfItsOwn() async throws {
        // 0 pauses for 70 s, 1 for 129 s.
        let times: [(Int, Int64)] = [(0, 0), (1, 1), (0, 70), (1, 130)]
        let trades = EventBatch.trades(times.map { Self.trade($0.0, at: $0.1) })
        func told(_ common: Int64?, _ own: Int64?) async throws -> Int {
            func thresholds(_ span: Int64?) -> QualityRules.Thresholds {
                QualityRules.Thresholds(gaps: span.map { [.trade: $0 * Self.second] } ?? [:])
            }
            let rules = QualityRules(thresholds(common), own: [thresholds(common), thresholds(own)])
            return try await alerts(rules, [trades], .trade)["gap"] ?? 0
        }
        #expect(try await told(60, 200) == 1)
        #expect(try await told(60, 100) == 2)
        #expect(try await told(nil, 100) == 1)
        #expect(try await told(nil, nil) == 0)
        let days = EventBatch.bars([bar(0, 1), bar(0, 3), bar(1, 1), bar(1, 3)])
        let one = QualityRules.Thresholds(gaps: [.bar: 2 * day])
        let rules = QualityRules(QualityRules.Thresholds(), own: [one, QualityRules.Thresholds()])
        #expect(try await alerts(rules, [days], .bar, hours: EveryDay())["gap"] == 1, "a day is missing of each")
    }

    @Test func howItWasCutMakesNoDifference() async throws {
        let trades = (0..<40).map { Self.trade(0, at: $0 * $0) }
        let whole = try await alerts([.trade: 30 * Self.second], [.trades(trades)])
        #expect(whole["gap"] == 24)
        for cut in [1, 7] {
            let parts = stride(from: 0, to: trades.count, by: cut).map {
                EventBatch.trades(Array(trades[$0..<min(trades.count, $0 + cut)]))
            }
            #expect(try await alerts([.trade: 30 * Self.second], parts) == whole)
        }
    }

    @Test func whileTheVenueIsClosedNothingIsMissing() async throws {
        let trades = [0, 100, 300, 500].map { Self.trade(0, at: $0) }
        // Open until 120 s and from 280 s on: 40 s of the second span, 200 s of the third.
        let hours = TwoSessions(first: day..<day + 120 * Self.second, second: day + 280 * Self.second..<2 * day)
        #expect(try await alerts([.trade: 99 * Self.second], [.trades(trades)], hours: hours) == ["gap": 2])
        #expect(try await alerts([.trade: 150 * Self.second], [.trades(trades)], hours: hours) == ["gap": 1])
    }

    @Test func ofBarsFewerThanNamedAreNotTold() async throws {
        let bars = [1, 3, 6, 7].map { bar(0, $0) }
        #expect(try await alerts([:], [.bars(bars)], .bar, hours: EveryDay()) == ["gap": 2])
        #expect(try await alerts([.bar: 2 * day], [.bars(bars)], .bar, hours: EveryDay()) == ["gap": 1])
    }

    /// A venue that is open twice.
    private struct TwoSessions: TradingHours {
        let first, second: Range<Int64>

        func isOpen(at instant: Int64) -> Bool? { first.contains(instant) || second.contains(instant) }
        func hours(containing instant: Int64) -> Range<Int64>? { [first, second].first { $0.contains(instant) } }
        func pause(containing instant: Int64) -> Range<Int64>? { nil }
        func hours(after instant: Int64) -> Range<Int64>? { [first, second].first { $0.lowerBound > instant } }
        func hours(before instant: Int64) -> Range<Int64>? { nil }
        func barEnd(atOrAfter instant: Int64, timeframe: Timeframe) -> Int64? { nil }
    }
}
