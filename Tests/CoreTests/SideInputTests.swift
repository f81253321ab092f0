import PluginKit
import Synchronization
import Testing

@testable import HostCore

/// What other inputs had to say stands in each driving row, however streams were cut and whoever was faster.
@Suite struct SideInputTests {
    static let second: Int64 = 1_000_000_000

    static func trade(_ instrument: Int, _ time: Int64, _ price: Double) -> Trade {
        Trade(time: time, price: price, size: 1, instrument: id(instrument))
    }

    static func quote(_ instrument: Int, _ time: Int64, _ bid: Double) -> Quote {
        Quote(time: time, bid: bid, ask: bid + 1, bidSize: 2, askSize: 3, instrument: id(instrument))
    }

    /// Deliveries of up to `size` events.
    static func cut<Event: MarketEvent>(_ events: [Event], _ size: Int) -> [Delivery] {
        stride(from: 0, to: events.count, by: size).map { start in
            let end = min(events.count, start + size)
            return Delivery(batch: Event.batch(Array(events[start..<end])), position: StreamPosition("\(end)"))
        }
    }

    /// The rows a sink got: time, instrument and every number.
    struct Row: Hashable {
        let time: Int64
        let instrument: UInt32
        let values: [UInt64]
    }

    /// Keeps feature rows with the names of their columns.
    final class FeatureRowsSink: Sink {
        static let descriptor = PluginDescriptor(
            kind: .sink, name: "feature_rows", summary: "", schema: ConfigurationSchema([]))

        let names = Guarded<[String]>([])
        let rows = Guarded<[Row]>([])

        init() {}
        init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {}

        func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
            guard case .features(let features) = batch.content else { return .accepted }
            names.change { $0 = features.schema.names }
            let width = features.schema.names.count
            let made = features.rows.enumerated().map { row, key in
                Row(
                    time: key.time, instrument: key.instrument.rawValue,
                    values: features.values[row * width..<(row + 1) * width].map(\.bitPattern))
            }
            rows.change { $0 += made }
            return .accepted
        }

        func flush() async throws(PluginError) {}

        /// The numbers of rows, as numbers.
        var values: [[Double]] { rows.value.map { $0.values.map(Double.init(bitPattern:)) } }
    }

    static func side(
        _ name: String, _ kind: EventKind, _ provider: any Provider, fields: [String], maxAge: Int64? = nil,
        features: FeaturePlan = FeaturePlan(instances: []), isReplay: Bool = true
    ) -> InputPlan {
        var input = InputPlan(
            name: name, kind: kind, timeframe: daily, route: RoutePlan(only: ProviderSlot(name, provider)),
            isReplay: isReplay,
            features: features)
        input.fields = fields
        input.carriedAge = maxAge
        return input
    }

    private func run(
        _ trades: [Delivery], _ sides: [InputPlan], workers: Int = 1, stores: MemoryStores = MemoryStores()
    ) async throws -> (sink: FeatureRowsSink, pipeline: Pipeline) {
        var rig = Rig()
        rig.kind = .trade
        rig.workers = workers
        rig.sides = sides
        rig.stores = stores
        let sink = FeatureRowsSink()
        let pipeline = rig.pipeline(ArrayProvider(trades), [Rig.sink("out", sink, records: [.features])])
        try await pipeline.run()
        return (sink, pipeline)
    }

    @Test func carriesTheNewestValuesWithTheirAge() async throws {
        let quotes = [Self.quote(0, 10, 5), Self.quote(0, 20, 6), Self.quote(0, 3 * Self.second, 7)]
        let trades = [
            Self.trade(0, 5, 1), Self.trade(0, 20, 1), Self.trade(0, Self.second + 20, 1),
            Self.trade(1, Self.second + 30, 1),
        ]
        let (sink, pipeline) = try await run(
            Self.cut(trades, 4),
            [Self.side("quotes", .quote, ArrayProvider(Self.cut(quotes, 3)), fields: ["bid", "ask"])])
        #expect(sink.names.value == ["quotes.age", "quotes.bid", "quotes.ask"])
        let rows = sink.values
        #expect(rows.count == 4)
        #expect(rows[0].allSatisfy { $0.isNaN })
        #expect(rows[1] == [0, 6, 7])
        #expect(rows[2] == [1, 6, 7])
        #expect(rows[3].allSatisfy { $0.isNaN })
        let flow = pipeline.snapshot
        #expect(flow.addsUp && flow.accepted == 4)
        #expect(flow.sides[0].accepted == 3 && flow.sides[0].missing == ["no_event": 2])
    }

    @Test func whatIsTooOldIsMissingAndCounted() async throws {
        let quotes = [Self.quote(0, 0, 5), Self.quote(0, 9 * Self.second, 6)]
        let trades = [Self.trade(0, Self.second, 1), Self.trade(0, 3 * Self.second, 1)]
        let (sink, pipeline) = try await run(
            Self.cut(trades, 1),
            [Self.side("quotes", .quote, ArrayProvider(Self.cut(quotes, 1)), fields: ["bid"], maxAge: 2 * Self.second)])
        let rows = sink.values
        #expect(rows[0] == [1, 5])
        #expect(rows[1][0] == 3 && rows[1][1].isNaN)
        #expect(pipeline.snapshot.sides[0].missing == ["too_old": 1])
    }

    @Test func indicatorsOfAnInputAreCarriedToo() async throws {
        let bars = (0..<5).map { bar(0, $0 + 1, close: Double($0 + 1)) }
        let trades = [Self.trade(0, 3 * day + 1, 1), Self.trade(0, 5 * day + 1, 1)]
        let days = Self.side(
            "days", .bar, ArrayProvider(Self.cut(bars, 2)), fields: ["close"],
            features: FeaturePlan([("roll", RollingCloses(period: 3))]))
        let (sink, _) = try await run(Self.cut(trades, 2), [days])
        #expect(sink.names.value == ["days.age", "days.roll.mean", "days.roll.sum", "days.close"])
        #expect(sink.values.map { Array($0.dropFirst()) } == [[2, 6, 3], [4, 12, 5]])
    }

    /// Random walks of quotes and trades that share many instants.
    static func market(_ seed: UInt64, _ count: Int) -> (trades: [Trade], quotes: [Quote], bars: [Bar]) {
        var random = Seeded(seed)
        func times(_ count: Int) -> [Int64] {
            (0..<count).map { _ in Int64.random(in: 0..<Int64(count), using: &random) * day / 50 }.sorted()
        }
        let trades = times(count).map {
            trade(Int.random(in: 0..<4, using: &random), $0, Double.random(in: 1...2, using: &random))
        }
        let quotes = times(count * 2).map {
            quote(Int.random(in: 0..<4, using: &random), $0, Double.random(in: 1...2, using: &random))
        }
        return (trades, quotes, walks(instruments: 4, days: count / 50, seed: seed))
    }

    static func sides(
        _ quotes: [Quote], _ bars: [Bar], _ sizes: (Int, Int),
        _ before: @escaping @Sendable (Int) async -> Void = { _ in }
    ) -> [InputPlan] {
        [
            side(
                "quotes", .quote, ArrayProvider(cut(quotes, sizes.0), before: before), fields: ["bid", "ask"],
                maxAge: day / 10),
            side(
                "days", .bar, ArrayProvider(cut(bars, sizes.1)), fields: ["close"],
                features: FeaturePlan([("roll", RollingCloses(period: 3)), ("count", EventCount())])),
        ]
    }

    @Test(arguments: [1, 3], [(1, 256, 7), (7, 1, 256), (256, 7, 1), (100_000, 100_000, 100_000), (100_000, 3, 1)])
    func rowsAreTheSameHoweverStreamsAreCut(workers: Int, sizes: (Int, Int, Int)) async throws {
        let (trades, quotes, bars) = Self.market(7, 600)
        let (expected, _) = try await run(Self.cut(trades, 64), Self.sides(quotes, bars, (64, 64)))
        #expect(expected.rows.value.count == trades.count)
        let (sink, pipeline) = try await run(
            Self.cut(trades, sizes.0),
            Self.sides(quotes, bars, (sizes.1, sizes.2)) { number in
                // Whoever is slower is waited for.
                if number.isMultiple(of: 5) { await Task.yield() }
            }, workers: workers)
        func byInstrument(_ rows: [Row]) -> [UInt32: [Row]] { Dictionary(grouping: rows) { $0.instrument } }
        #expect(byInstrument(sink.rows.value) == byInstrument(expected.rows.value))
        let flow = pipeline.snapshot
        #expect(flow.addsUp && flow.sides.map(\.accepted) == [quotes.count, bars.count])
    }

    @Test func nothingLaterThanARowIsInIt() async throws {
        let (trades, quotes, _) = Self.market(11, 400)
        let (sink, _) = try await run(
            Self.cut(trades, 5),
            [Self.side("quotes", .quote, ArrayProvider(Self.cut(quotes, 100_000)), fields: ["bid"])])
        for row in sink.rows.value {
            let last = quotes.last { $0.instrument.rawValue == row.instrument && $0.time <= row.time }
            let value = Double(bitPattern: row.values[1])
            #expect(last.map { $0.bid == value } ?? value.isNaN)
        }
    }

    @Test func whatStandsBesideIsStoredUnderItsOwnNameAndAcknowledged() async throws {
        let (trades, quotes, _) = Self.market(3, 100)
        let stores = MemoryStores()
        let provider = ArrayProvider(Self.cut(quotes, 10))
        _ = try await run(
            Self.cut(trades, 7), [Self.side("quotes", .quote, provider, fields: ["bid"])], stores: stores)
        #expect(stores.stored(Trade.self, under: "main").count == 100)
        #expect(stores.stored(Quote.self, under: "main/quotes") == quotes)
        #expect(provider.acknowledged.last == "200")
    }

    @Test func aLiveInputIsNotWaitedFor() async throws {
        let quotes = ArrayProvider(Self.cut([Self.quote(0, 10, 5)], 1), then: .waits)
        let trades = [Self.trade(0, 20, 1)]
        var rig = Rig()
        rig.kind = .trade
        rig.isReplay = false
        rig.sides = [Self.side("quotes", .quote, quotes, fields: ["bid"], isReplay: false)]
        let sink = FeatureRowsSink()
        let provider = ArrayProvider(Self.cut(trades, 1), then: .waits) { _ in await quotes.isDone.wait() }
        let pipeline = rig.pipeline(provider, [Rig.sink("out", sink, records: [.features])])
        let running = Task { try await pipeline.run() }
        await provider.isDone.wait()
        pipeline.stop()
        try await running.value
        #expect(sink.values.map { $0[1] } == [5])
    }

    @Test func anInputThatFailsForGoodHoldsNothingUp() async throws {
        let fault = PluginError(.configuration, "provider/quotes: no.")
        let trades = [Self.trade(0, 20, 1), Self.trade(0, 30, 1)]
        var rig = Rig()
        rig.kind = .trade
        rig.sides = [Self.side("quotes", .quote, ArrayProvider([], then: .fails(fault)), fields: ["bid"])]
        let sink = FeatureRowsSink()
        let pipeline = rig.pipeline(ArrayProvider(Self.cut(trades, 1)), [Rig.sink("out", sink, records: [.features])])
        await #expect(throws: PluginError.self) { try await pipeline.run() }
        #expect(sink.rows.value.count == 2)
    }

    /// Pushes deliveries after a position, and stands still before one of them until the run is given up.
    private final class Log: Provider {
        static let descriptor = PluginDescriptor(
            kind: .provider, name: "log", summary: "", schema: ConfigurationSchema([]))

        let deliveries: [Delivery]
        let end: Int
        let isDone = StopSignal()

        init(_ deliveries: [Delivery], through end: Int = .max) { (self.deliveries, self.end) = (deliveries, end) }

        init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
            throw PluginError(.unsupported, "provider/log: is for tests.")
        }

        func stream(_ subscription: Subscription, into receiver: any EventReceiver) async throws(PluginError) {
            let after = subscription.resumeAfter?.text
            let start = deliveries.firstIndex { $0.position.text == after }.map { $0 + 1 } ?? 0
            for (number, delivery) in deliveries.enumerated().dropFirst(start) {
                guard number < end else {
                    isDone.fire()
                    return await StopSignal().wait()
                }
                try await receiver.receive(delivery)
            }
            isDone.fire()
        }
    }

    /// A run that is killed and one that goes on give the rows of a run without a break.
    @Test(arguments: [(3, 20), (10, 2), (17, 90), (29, 40)]) func aRestartGivesTheRowsOfARunWithoutABreak(
        ends: (driving: Int, side: Int)
    ) async throws {
        let bars = walks(instruments: 3, days: 40, seed: 5)
        let quotes = Self.market(5, 400).quotes.filter { $0.instrument.rawValue < 3 }
        func rig(_ stores: MemoryStores, _ side: any Provider) -> Rig {
            var rig = fullRig()
            rig.models = []
            rig.instrumentCount = 3
            rig.stores = stores
            rig.streamDigest = "stream"
            var input = Self.side("quotes", .quote, side, fields: ["bid", "ask_size"], maxAge: 2 * day)
            input.streamDigest = "quotes"
            rig.sides = [input]
            return rig
        }
        func sink(_ sink: FeatureRowsSink) -> [SinkPlan] { [Rig.sink("out", sink, records: [.features])] }
        let expected = FeatureRowsSink()
        try await rig(MemoryStores(), Log(Self.cut(quotes, 8))).pipeline(Log(Self.cut(bars, 4)), sink(expected)).run()

        let stores = MemoryStores()
        let first = FeatureRowsSink()
        let (driving, side) = (
            Log(Self.cut(bars, 4), through: ends.driving), Log(Self.cut(quotes, 8), through: ends.side)
        )
        let broken = rig(stores, side).pipeline(driving, sink(first))
        let running = Task { try? await broken.run() }
        // One of them stands still, and the other waits for it: nothing more comes.
        await withTaskGroup(of: Void.self) { group in
            for log in [driving, side] { group.addTask { await log.isDone.wait() } }
            await group.next()
            group.cancelAll()
        }
        broken.stop()
        _ = await running.value

        let second = FeatureRowsSink()
        try await rig(stores, Log(Self.cut(quotes, 8))).pipeline(Log(Self.cut(bars, 4)), sink(second)).run()
        let both = first.rows.value + second.rows.value
        #expect(both.count == expected.rows.value.count)
        #expect(Set(both) == Set(expected.rows.value))
    }
}
