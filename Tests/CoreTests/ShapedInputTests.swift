import PluginKit
import Testing

@testable import HostCore

/// A venue that is always open; bars end at multiples of their span since 1970.
private struct AlwaysOpen: TradingHours {
    func isOpen(at instant: Int64) -> Bool? { true }
    func hours(containing instant: Int64) -> Range<Int64>? { nil }
    func hours(after instant: Int64) -> Range<Int64>? { nil }
    func hours(before instant: Int64) -> Range<Int64>? { nil }
    func pause(containing instant: Int64) -> Range<Int64>? { nil }
    func barEnd(atOrAfter instant: Int64, timeframe: Timeframe) -> Int64? {
        let span = timeframe.nanoseconds
        return (instant + span - 1) / span * span
    }
}

/// Bars that a pipeline builds of trades or of finer bars, however deliveries are cut.
@Suite struct ShapedInputTests {
    private static let second: Int64 = 1_000_000_000
    private static let minute = Timeframe(1, .minute)
    private static let hours = Dictionary(
        uniqueKeysWithValues: (0..<4).map { (id($0), AlwaysOpen() as any TradingHours) })

    private static func driving(_ provider: any Provider, _ shape: ShapePlan, isReplay: Bool = true) -> InputPlan {
        var input = InputPlan(
            timeframe: minute, route: RoutePlan(only: ProviderSlot("source", provider)), isReplay: isReplay,
            features: FeaturePlan([("count", EventCount()), ("roll", RollingCloses(period: 2))]))
        input.shape = shape
        return input
    }

    private static let trades = ShapePlan(of: .trade, timeframe: daily, hours: hours)

    private static func pipeline(
        _ driving: InputPlan, _ sinks: [SinkPlan], sides: [InputPlan] = [], workers: Int = 1,
        stores: MemoryStores = MemoryStores()
    ) -> Pipeline {
        let table = InstrumentTable()
        let references = (0..<4).map { number in
            let instrument = Instrument(code: "I\(number)", venue: "TEST")
            return InstrumentReference(id: table.intern(instrument), instrument: instrument)
        }
        let board = InstanceBoard(now: { 0 })
        return Pipeline(
            plan: PipelinePlan(
                id: "main", instruments: references, directory: table, driving: driving, sides: sides, sinks: sinks,
                workers: workers),
            services: PipelineServices(
                events: stores, quarantine: stores, watermarks: stores, latest: LatestValues(), board: board,
                wallTime: { 200 * 365 * day }, clock: ImmediateClock()))
    }

    /// Trades of several instruments over some minutes, several of one instant.
    private static func market(_ seed: UInt64, _ count: Int) -> [Trade] {
        var random = Seeded(seed)
        let times = (0..<count).map { _ in Int64.random(in: 0..<Int64(count), using: &random) * 3 * second }.sorted()
        return times.map { time in
            Trade(
                time: time, price: Double.random(in: 1...2, using: &random), size: 1,
                instrument: id(Int.random(in: 0..<4, using: &random)))
        }
    }

    /// Bars of a minute, computed apart.
    private static func expected(_ trades: [Trade]) -> [Bar] {
        var bars: [Bar] = []
        for number in 0..<4 {
            for trade in trades where trade.instrument == id(number) {
                let end = (trade.time / (60 * second) + 1) * 60 * second
                if let last = bars.last, last.instrument == trade.instrument, last.time == end {
                    trade.merge(into: &bars[bars.count - 1])
                } else {
                    var bar = trade.asBar
                    bar.time = end
                    bars.append(bar)
                }
            }
        }
        return bars
    }

    private static func stable(_ rows: [SeenRow]) -> [InstrumentID?: [SeenRow]] {
        Dictionary(
            grouping: rows.map { row in
                var row = row
                row.flags = 0
                return row
            }
        ) { $0.instrument }
    }

    @Test(arguments: [1, 3], [1, 7, 256, 100_000])
    func barsOfTradesAreTheSameHoweverDeliveriesAreCut(workers: Int, size: Int) async throws {
        let trades = Self.market(3, 900)
        let bars = Self.expected(trades)
        let sink = RecordingSink()
        let stores = MemoryStores()
        let pipeline = Self.pipeline(
            Self.driving(ArrayProvider(SideInputTests.cut(trades, size)), Self.trades),
            [Rig.sink("out", sink, records: [.bars, .features])], workers: workers, stores: stores)
        try await pipeline.run()
        let rows = sink.rows(.bars)
        #expect(rows.count == bars.count)
        let made = Self.stable(rows)
        for (instrument, expected) in Dictionary(grouping: bars, by: \.instrument) {
            #expect(made[instrument]?.map(\.time) == expected.map(\.time))
            #expect(
                made[instrument]?.map(\.bits)
                    == expected.map { bar in
                        [bar.open, bar.high, bar.low, bar.close, bar.volume, bar.amount].map(\.bitPattern)
                    })
        }
        // What ends with the data is no whole minute.
        #expect(
            rows.filter { $0.flags & EventFlags.partial.rawValue != 0 }.allSatisfy { $0.time > trades.last?.time ?? 0 })
        let flow = pipeline.snapshot
        #expect(flow.addsUp && flow.accepted == trades.count && flow.rows == bars.count && flow.driving.unused.isEmpty)
        #expect(sink.rows(.features).count == bars.count)
        #expect(stores.bars.count == bars.count)
    }

    @Test(arguments: [1, 7, 100_000]) func finerBarsBecomeCoarserOnes(size: Int) async throws {
        let fine = (1...30).flatMap { number in
            (0..<3).map { instrument in
                var bar = bar(instrument, 0, close: Double(number))
                bar.time = Int64(number) * 20 * Self.second
                return bar
            }
        }
        let sink = RecordingSink()
        let shape = ShapePlan(of: .bar, timeframe: Timeframe(20, .second), hours: Self.hours)
        let pipeline = Self.pipeline(
            Self.driving(ArrayProvider(SideInputTests.cut(fine, size)), shape), [Rig.sink("out", sink)])
        try await pipeline.run()
        for instrument in 0..<3 {
            let rows = sink.rows.filter { $0.instrument == id(instrument) }
            #expect(rows.map(\.time) == (1...10).map { $0 * 60 * Self.second })
            #expect(rows.map { Double(bitPattern: $0.bits[3]) } == (1...10).map { Double($0 * 3) })
            #expect(rows.allSatisfy { $0.bits[4] == 300.0.bitPattern && $0.flags == 0 })
        }
    }

    @Test func aLateTradeIsCountedAndInNoBar() async throws {
        func trade(_ instrument: Int, _ time: Int64) -> Trade {
            Trade(time: time * Self.second, price: 1, size: 1, instrument: id(instrument))
        }
        let trades = [trade(0, 10), trade(1, 70), trade(0, 50), trade(0, 80)]
        let sink = RecordingSink()
        let pipeline = Self.pipeline(
            Self.driving(ArrayProvider(SideInputTests.cut(trades, 4)), Self.trades), [Rig.sink("out", sink)])
        try await pipeline.run()
        #expect(sink.rows.filter { $0.instrument == id(0) }.map { Double(bitPattern: $0.bits[4]) } == [1, 1])
        #expect(pipeline.snapshot.driving.unused == ["late": 1] && pipeline.snapshot.addsUp)
    }

    @Test(arguments: [1, 3, 100]) func aThresholdEndsABar(size: Int) async throws {
        let trades = Self.market(9, 100).filter { $0.instrument == id(0) }
        let sink = RecordingSink()
        let shape = ShapePlan(of: .trade, timeframe: daily, cut: .threshold(.trades(5)))
        let pipeline = Self.pipeline(
            Self.driving(ArrayProvider(SideInputTests.cut(trades, size)), shape), [Rig.sink("out", sink)])
        try await pipeline.run()
        #expect(sink.rows.count == trades.count / 5)
        #expect(sink.rows.allSatisfy { Double(bitPattern: $0.bits[4]) == 5 })
    }

    @Test func bySideOfBarsThatAreBuiltStandsWhatWasKnownAtTheirEnd() async throws {
        let trades = Self.market(5, 300)
        let quotes = SideInputTests.market(5, 300).quotes.map { quote in
            var quote = quote
            quote.time = quote.time / 1_000_000
            return quote
        }.sorted { $0.time < $1.time }
        var results: [Set<SideInputTests.Row>] = []
        for sizes in [(1, 100), (64, 3), (100_000, 100_000)] {
            let sink = SideInputTests.FeatureRowsSink()
            let side = SideInputTests.side(
                "quotes", .quote, ArrayProvider(SideInputTests.cut(quotes, sizes.1)), fields: ["bid"])
            try await Self.pipeline(
                Self.driving(ArrayProvider(SideInputTests.cut(trades, sizes.0)), Self.trades),
                [Rig.sink("out", sink, records: [.features])], sides: [side]
            ).run()
            results.append(Set(sink.rows.value))
            for row in sink.rows.value {
                let last = quotes.last { $0.instrument.rawValue == row.instrument && $0.time <= row.time }
                let value = Double(bitPattern: row.values[4])
                #expect(last.map { $0.bid == value } ?? value.isNaN)
            }
        }
        #expect(results[0] == results[1] && results[1] == results[2] && !results[0].isEmpty)
    }

    /// Bars that an input beside trades builds of finer ones: a row finds those that had ended, also where no finer one has come since.
    @Test(arguments: [1, 3]) func barsBuiltBesideAreKnownWithTheirEnd(workers: Int) async throws {
        let trades = Self.market(17, 400)
        // Finer bars stop long before the trades, and come rarely in between.
        let fine = (1...25).flatMap { number in
            (0..<4).map { instrument in
                var bar = bar(instrument, 0, close: Double(number * 4 + instrument))
                bar.time = Int64(number * 20 - (number % 5 == 0 ? 3 : 0)) * Self.second
                return bar
            }
        }.sorted { $0.time < $1.time }
        let built = fine.reduce(into: [String: (end: Int64, close: Double)]()) { built, bar in
            let end = (bar.time + 60 * Self.second - 1) / (60 * Self.second) * 60 * Self.second
            built["\(bar.instrument.rawValue) \(end)"] = (end, bar.close)
        }
        var results: [Set<SideInputTests.Row>] = []
        for sizes in [(1, 1), (1, 100), (64, 3), (100_000, 1), (100_000, 100_000)] {
            let sink = SideInputTests.FeatureRowsSink()
            let finer = ProviderSlot("finer", ArrayProvider(SideInputTests.cut(fine, sizes.1)))
            var side = InputPlan(
                name: "minutes", timeframe: Self.minute, route: RoutePlan(only: finer), isReplay: true)
            side.fields = ["close"]
            side.shape = ShapePlan(of: .bar, timeframe: Timeframe(20, .second), hours: Self.hours)
            let ticks = ProviderSlot("ticks", ArrayProvider(SideInputTests.cut(trades, sizes.0)))
            let driving = InputPlan(kind: .trade, timeframe: daily, route: RoutePlan(only: ticks), isReplay: true)
            let stores = MemoryStores()
            let pipeline = Self.pipeline(
                driving, [Rig.sink("out", sink, records: [.features])], sides: [side], workers: workers, stores: stores)
            try await pipeline.run()
            results.append(Set(sink.rows.value))
            #expect(stores.bars.count == built.count && pipeline.snapshot.addsUp)
            #expect(pipeline.snapshot.sides[0].rows == built.count && pipeline.snapshot.sides[0].unused.isEmpty)
            for row in sink.rows.value {
                let own = built.filter { $0.key.hasPrefix("\(row.instrument) ") && $0.value.end <= row.time }
                let last = own.values.max { $0.end < $1.end }
                let value = Double(bitPattern: row.values[row.values.count - 1])
                #expect(last.map { $0.close == value } ?? value.isNaN)
            }
        }
        #expect(Set(results).count == 1 && results[0].count > 200)
    }

    /// Pushes what stands after a position, and waits for a stop after some deliveries.
    private final class Log: Provider {
        static let descriptor = PluginDescriptor(
            kind: .provider, name: "log", summary: "", schema: ConfigurationSchema([]))

        let deliveries: [Delivery]
        let end: Int
        let isDone = StopSignal()
        let asked = Guarded<[String?]>([])

        init(_ deliveries: [Delivery], through end: Int = .max) { (self.deliveries, self.end) = (deliveries, end) }

        init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
            throw PluginError(.unsupported, "provider/log: is for tests.")
        }

        func stream(_ subscription: Subscription, into receiver: any EventReceiver) async throws(PluginError) {
            let after = subscription.resumeAfter?.text
            asked.change { $0.append(after) }
            let start = deliveries.firstIndex { $0.position.text == after }.map { $0 + 1 } ?? 0
            for (number, delivery) in deliveries.enumerated().dropFirst(start) {
                guard number < end else {
                    isDone.fire()
                    return await StopSignal().wait()
                }
                try await receiver.receive(delivery)
            }
        }
    }

    @Test(arguments: [10, 35, 60]) func aRestartBuildsTheBarsThatWereOpen(end: Int) async throws {
        let trades = Self.market(13, 400)
        let deliveries = SideInputTests.cut(trades, 5)
        func run(_ provider: Log, _ sink: RecordingSink, _ stores: MemoryStores) -> Pipeline {
            var driving = Self.driving(provider, Self.trades)
            driving.streamDigest = "trades"
            return Self.pipeline(driving, [Rig.sink("out", sink, records: [.bars, .features])], stores: stores)
        }
        let whole = RecordingSink()
        try await run(Log(deliveries), whole, MemoryStores()).run()

        let (stores, first) = (MemoryStores(), RecordingSink())
        let log = Log(deliveries, through: end)
        let broken = run(log, first, stores)
        let running = Task { try? await broken.run() }
        await log.isDone.wait()
        broken.stop()
        _ = await running.value
        #expect(!first.rows.isEmpty)

        let (again, second) = (Log(deliveries), RecordingSink())
        let pipeline = run(again, second, stores)
        try await pipeline.run()
        // It goes on, and not at the beginning.
        #expect(again.asked.value.first.flatMap(\.self) != nil)
        let both = first.rows + second.rows
        #expect(both.count == whole.rows.count && Set(both) == Set(whole.rows))
        #expect(pipeline.snapshot.driving.unused["late"] == nil)
    }
}
