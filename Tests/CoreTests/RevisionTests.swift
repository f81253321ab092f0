import PluginKit
import Synchronization
import Testing

@testable import HostCore

/// A corrected event behind a sink's watermark reaches the sink, marked, once.
@Suite struct RevisionTests {
    private static let first = [bar(0, 1, close: 10), bar(0, 2, close: 11), bar(0, 3, close: 12)]

    private static func rig(_ stores: MemoryStores, digest: String = "stream") -> Rig {
        var rig = fullRig()
        rig.stores = stores
        rig.streamDigest = digest
        return rig
    }

    private static func play(
        _ bars: [Bar], _ stores: MemoryStores, _ sink: RecordingSink, digest: String, records: Set<RecordKind> = [.bars]
    ) async throws -> FlowSnapshot {
        let pipeline = rig(stores, digest: digest).pipeline(
            ArrayProvider(bars.enumerated().map { delivery([$0.element], $0.offset + 1) }),
            [Rig.sink("keep", sink, records: records)])
        try await pipeline.run()
        return pipeline.snapshot
    }

    @Test func aBarThatARestartFindsChangedReachesTheSinkOnceAndMarked() async throws {
        let (stores, sink) = (MemoryStores(), RecordingSink())
        _ = try await Self.play(Self.first, stores, sink, digest: "a")
        var corrected = Self.first
        corrected[1] = bar(0, 2, close: 11.5)
        let flow = try await Self.play(corrected + [bar(0, 4, close: 13)], stores, sink, digest: "b")
        #expect(sink.bars.map(\.close) == [10, 11, 12, 13, 11.5] || sink.bars.map(\.close) == [10, 11, 12, 11.5, 13])
        #expect(sink.bars.filter { $0.flags.contains(.revised) }.map(\.close) == [11.5])
        #expect(flow.revised == 1 && flow.addsUp)
        _ = try await Self.play(corrected, stores, sink, digest: "c")
        #expect(sink.bars.count == 5)
    }

    @Test func whatWasComputedFromTheOldOneStays() async throws {
        let (stores, sink) = (MemoryStores(), RecordingSink())
        let records: Set<RecordKind> = [.bars, .features, .predictions]
        _ = try await Self.play(Self.first, stores, sink, digest: "a", records: records)
        let rows = sink.rows(.features).count
        _ = try await Self.play([bar(0, 1, close: 9)] + Self.first[1...], stores, sink, digest: "b", records: records)
        #expect(sink.rows(.features).count == rows)
        #expect(sink.bars.map(\.close) == [10, 11, 12, 9])
    }

    @Test func aSinkThatIsNewIsGivenEachBarOnce() async throws {
        let stores = MemoryStores()
        _ = try await Self.play(Self.first, stores, RecordingSink(), digest: "a")
        let (late, other) = (RecordingSink(), RecordingSink())
        let changed = Self.first.map { bar(0, Int($0.time / day), close: $0.close * 2) }
        let pipeline = Self.rig(stores, digest: "b").pipeline(
            ArrayProvider([delivery(changed, 1)]), [Rig.sink("keep", other), Rig.sink("late", late)])
        try await pipeline.run()
        #expect(late.bars.map(\.close) == [20, 22, 24])
        #expect(late.bars.allSatisfy { !$0.flags.contains(.revised) })
        #expect(other.bars.map(\.close) == [20, 22, 24])
        #expect(other.bars.allSatisfy { $0.flags.contains(.revised) })
    }

    @Test func aRevisionThatASinkCouldNotTakeComesWithTheNextRun() async throws {
        let (stores, sink) = (MemoryStores(), RecordingSink())
        _ = try await Self.play(Self.first, stores, sink, digest: "a")
        let changed = [bar(0, 1, close: 9)] + Self.first[1...]
        let broken = RecordingSink(answer: { _, _ throws(PluginError) in
            throw PluginError(.badRequest, "sink/keep: is broken.")
        })
        let lost = try await Self.play(changed, stores, broken, digest: "b")
        #expect(lost.sinks[0].dropped.total == 1 && lost.addsUp)
        _ = try await Self.play(changed, stores, sink, digest: "b")
        #expect(sink.bars.map(\.close) == [10, 11, 12, 9])
        #expect(sink.bars[3].flags.contains(.revised))
        _ = try await Self.play(changed, stores, sink, digest: "b")
        #expect(sink.bars.count == 4)
    }

    @Test func aProviderCorrectsWhatItGaveBefore() async throws {
        let (stores, sink) = (MemoryStores(), RecordingSink())
        var late = bar(0, 1, close: 10.5)
        late.flags.insert(.revised)
        let flow = try await Self.play(Self.first + [late], stores, sink, digest: "a")
        #expect(sink.bars.map(\.close) == [10, 11, 12, 10.5])
        #expect((flow.accepted, flow.corrections, flow.revised) == (3, 1, 1))
        #expect(flow.addsUp)
    }

    /// Events beside the driving ones reach no sink, corrected or not.
    @Test func whatIsCorrectedBesideTheDrivingInputReachesNoSink() async throws {
        var late = bar(0, 1, close: 10.5)
        late.flags.insert(.revised)
        var rig = Rig()
        rig.kind = .trade
        rig.sides = [
            SideInputTests.side("days", .bar, ArrayProvider([delivery(Self.first + [late], 1)]), fields: ["close"])
        ]
        let sink = RecordingSink()
        let trades = [SideInputTests.trade(0, 5 * day, 1)]
        let pipeline = rig.pipeline(
            ArrayProvider(SideInputTests.cut(trades, 1)), [Rig.sink("keep", sink, records: [.trades, .bars])])
        try await pipeline.run()
        #expect(pipeline.snapshot.sides[0].corrections == 1 && pipeline.snapshot.addsUp)
        #expect(sink.rows(.bars).isEmpty && sink.rows(.trades).count == 1)
    }

    @Test func aWholeBarTakesThePlaceOfAPartialOne() async throws {
        let (stores, sink) = (MemoryStores(), RecordingSink())
        var partial = bar(0, 3, close: 11.9)
        partial.flags.insert(.partial)
        let flow = try await Self.play(
            Self.first[..<2] + [partial, Self.first[2], bar(0, 3, close: 99)], stores, sink, digest: "a")
        #expect(sink.bars.map(\.close) == [10, 11, 11.9, 12])
        #expect(sink.bars[3].flags == .revised)
        // Which of two whole bars is right nobody can know: the first one stays.
        #expect(flow.rejected["conflicting_duplicate"] == 1)
        #expect(flow.addsUp)
    }
}

extension RecordingSink {
    /// The bars it took.
    fileprivate var bars: [(close: Double, flags: EventFlags)] {
        rows(.bars).map { (Double(bitPattern: $0.bits[3]), EventFlags(rawValue: $0.flags)) }
    }
}
