import PluginKit
import Synchronization
import Testing

@testable import HostCore

/// A start goes on where an earlier run stood, from what the store has.
@Suite struct ResumeTests {
    private static let bars = (1...40).flatMap { day in (0..<3).map { bar($0, day, close: 10 + Double(day % 7 + $0)) } }

    private static func deliveries(_ bars: some Sequence<Bar>) -> [Delivery] {
        bars.enumerated().map { delivery([$0.element], $0.offset + 1) }
    }

    private static func rig(_ stores: MemoryStores, workers: Int = 1, digest: String? = "stream") -> Rig {
        var rig = fullRig(workers: workers)
        rig.stores = stores
        rig.streamDigest = digest
        return rig
    }

    private static func records(_ sink: RecordingSink) -> Set<String> {
        Set(sink.rows.map { "\($0)" })
    }

    @Test(arguments: [1, 3]) func aRestartGivesSinksExactlyWhatARunWithoutABreakGives(workers: Int) async throws {
        let all = Self.deliveries(Self.bars)
        let whole = RecordingSink()
        let kinds: Set<RecordKind> = [.bars, .features, .predictions]
        try await Self.rig(MemoryStores(), workers: workers)
            .pipeline(PositionedLog(all), [Rig.sink("keep", whole, records: kinds)]).run()
        let stores = MemoryStores()
        let parts = RecordingSink()
        for end in [30, 31, all.count] {
            let log = PositionedLog(Array(all[..<end]))
            try await Self.rig(stores, workers: workers)
                .pipeline(log, [Rig.sink("keep", parts, records: kinds)]).run()
            #expect(log.asked.value == [end == 30 ? nil : end == 31 ? "30" : "31"])
        }
        #expect(parts.rows(.bars).count == Self.bars.count)
        #expect(Self.records(parts) == Self.records(whole))
        #expect(parts.rows(.predictions).count == whole.rows(.predictions).count)
        #expect(stores.bars.count == Self.bars.count)
    }

    @Test(arguments: [1, 3]) func theBarAfterARefusedOneIsFlaggedAcrossAStop(workers: Int) async throws {
        var bad = bar(1, 3)
        bad.high = 0.1
        let days = (1...2).flatMap { day in (0..<2).map { bar($0, day) } } + [bar(0, 3), bad]
        let all = Self.deliveries(days + [bar(0, 4), bar(1, 4)])
        let (stores, sink) = (MemoryStores(), RecordingSink())
        for (end, refusedBefore) in [(6, 0), (6, 1), (8, 1)] {
            let pipeline = Self.rig(stores, workers: workers).pipeline(
                PositionedLog(Array(all[..<end])), [Rig.sink("keep", sink)])
            try await pipeline.run()
            #expect(pipeline.snapshot.refusedBefore == refusedBefore)
            #expect(pipeline.snapshot.mostlyRefused.isEmpty && pipeline.snapshot.addsUp)
        }
        let flagged = sink.rows(.bars).filter { $0.flags == EventFlags.afterRejected.rawValue }
        #expect(flagged.map(\.time) == [4 * day] && flagged.map(\.instrument) == [id(1)])
    }

    @Test func aStreamThatIsAnotherOneBeginsAtItsBeginning() async throws {
        let stores = MemoryStores()
        let log = PositionedLog(Self.deliveries(Self.bars))
        for digest in ["one", "one", "two"] {
            try await Self.rig(stores, digest: digest).pipeline(log, []).run()
        }
        #expect(log.asked.value == [nil, "\(Self.bars.count)", nil])
    }

    @Test func aProviderThatDoesNotKnowThePositionBeginsAnewAndNothingIsDoubled() async throws {
        let stores = MemoryStores()
        let sink = RecordingSink()
        try await Self.rig(stores).pipeline(
            PositionedLog(Self.deliveries(Self.bars.prefix(60))), [Rig.sink("keep", sink)]
        ).run()
        let log = PositionedLog(Self.deliveries(Self.bars), knowsPositions: false)
        try await Self.rig(stores).pipeline(log, [Rig.sink("keep", sink)]).run()
        #expect(log.asked.value == ["60", nil])
        #expect(sink.rows(.bars).count == Self.bars.count)
        #expect(stores.bars.count == Self.bars.count)
        #expect(stores.refused.isEmpty)
    }

    @Test func aNewSinkGetsThePastFromTheStore() async throws {
        let stores = MemoryStores()
        try await Self.rig(stores).pipeline(PositionedLog(Self.deliveries(Self.bars)), []).run()
        let sink = RecordingSink()
        let log = PositionedLog(Self.deliveries(Self.bars))
        let rig = Self.rig(stores)
        try await rig.pipeline(log, [Rig.sink("late", sink, records: [.bars, .predictions])]).run()
        #expect(sink.rows(.bars).map(\.time) == Self.bars.map(\.time))
        #expect(sink.rows(.predictions).count == 3 * 38)
        #expect(log.asked.value == ["\(Self.bars.count)"])
    }

    @Test func readersSeeTheLastBarAndPredictionThoughNothingNewCame() async throws {
        let stores = MemoryStores()
        for _ in 0..<2 {
            let rig = Self.rig(stores)
            try await rig.pipeline(
                PositionedLog(Self.deliveries(Self.bars)), [Rig.sink("keep", RecordingSink(), records: [.predictions])]
            ).run()
            #expect(rig.latest.entries(id(2)).map(\.event.time) == [40 * day])
            #expect(rig.latest.entries(id(2)).map(\.previousClose) == [16])
            #expect(rig.latest.predictions(id(2)).map(\.prediction.time) == [40 * day])
        }
    }

    @Test func whatEverySinkHasOnlyWarmsUp() async throws {
        let stores = MemoryStores()
        let sink = RecordingSink()
        var received: [Int] = []
        for _ in 0..<2 {
            let pipeline = Self.rig(stores).pipeline(
                PositionedLog(Self.deliveries(Self.bars)), [Rig.sink("keep", sink, records: Set(RecordKind.allCases))])
            try await pipeline.run()
            received.append(pipeline.snapshot.received)
        }
        // The last bar of each instrument goes out once more, for readers.
        #expect(received == [Self.bars.count, 3])
    }

    @Test func aRepeatedBarIsKnownAfterARestart() async throws {
        let stores = MemoryStores()
        try await Self.rig(stores).pipeline(PositionedLog(Self.deliveries([bar(0, 1), bar(0, 2)])), []).run()
        let next = [delivery([bar(0, 1)], 3), delivery([bar(0, 3, close: 10_000)], 4), delivery([bar(0, 3)], 5)]
        try await Self.rig(stores).pipeline(PositionedLog(Self.deliveries([bar(0, 1), bar(0, 2)]) + next), []).run()
        #expect(stores.bars.map(\.time) == [1, 2, 3].map { $0 * day })
    }

    @Test func onlyAStreamThatCameToItsEndLeavesAWholePast() async throws {
        let stores = MemoryStores()
        var rig = Self.rig(stores)
        rig.through = 20 * day
        try await rig.pipeline(PositionedLog(Self.deliveries(Self.bars)), []).run()
        #expect(try await stores.position(of: "main")?.isWhole == false)
        let pipeline = Self.rig(stores).pipeline(PositionedLog(Self.deliveries(Self.bars)), [])
        try await pipeline.run()
        #expect(try await pipeline.hasPast() == [true])
    }

    @Test func whatTheStoreLostMakesTheNextStartBeginAtTheBeginning() async throws {
        let stores = MemoryStores(losing: 2 * day)
        let log = PositionedLog(Self.deliveries(Self.bars))
        for _ in 0..<2 { try await Self.rig(stores).pipeline(log, []).run() }
        #expect(log.asked.value == [nil, nil])
    }

    @Test func aSourceThatIsAskedIsAskedOnlyForWhatEachInstrumentLacks() async throws {
        let stores = MemoryStores()
        let source = AskedSource()
        for end in [10, 12] {
            source.bars.change { $0 = (0..<2).flatMap { slot in (1...(end - slot * 3)).map { bar(slot, $0) } } }
            var rig = Self.rig(stores)
            rig.instrumentCount = 2
            rig.pull = PullPlan(interval: .seconds(1), isOnce: true)
            try await rig.pipeline(source, []).run()
        }
        #expect(stores.bars.count == 12 + 9)
        // The second start asks once, after where the slower instrument stood.
        #expect(source.asked.value == [.min, 7 * day + 1])
    }
}

/// Answers requests with what it has of the range, and notes where they began.
private final class AskedSource: Provider {
    static let descriptor = PluginDescriptor(
        kind: .provider, name: "asked", summary: "Answers requests.", schema: ConfigurationSchema([]),
        provider: ProviderCapabilities(fetches: [.bar], streams: [], isReplay: false, needsNetwork: false))

    let bars = Guarded<[Bar]>([])
    let asked = Guarded<[Int64]>([])

    init() {}

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        throw PluginError(.unsupported, "provider/asked: is for tests.")
    }

    func fetch(_ request: FetchRequest) async throws(PluginError) -> Reply {
        asked.change { $0.append(request.range.lowerBound) }
        let known = Set(request.instruments.map(\.id))
        return Reply(events: bars.value.filter { request.range.contains($0.time) && known.contains($0.instrument) })
    }
}
