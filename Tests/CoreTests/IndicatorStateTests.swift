import PluginKit
import Testing

@testable import HostCore

/// States of indicators are kept, and a start goes on with them in place of an instrument's first event.
@Suite struct IndicatorStateTests {
    private static let bars = (1...300).flatMap { day in (0..<3).map { bar($0, day, close: 10 + Double(day % 7 + $0)) }
    }

    private static func rig(_ stores: MemoryStores, workers: Int = 1, today: Int = 301) -> Rig {
        var rig = fullRig(workers: workers)
        rig.stores = stores
        rig.streamDigest = "stream"
        rig.wallTime = Int64(today) * day
        return rig
    }

    private static func run(_ rig: Rig, through count: Int = bars.count, _ sink: RecordingSink) async throws {
        let deliveries = bars.prefix(count).enumerated().map { delivery([$0.element], $0.offset + 1) }
        let kinds: Set<RecordKind> = [.bars, .features, .predictions]
        try await rig.pipeline(PositionedLog(deliveries), [Rig.sink("keep", sink, records: kinds)]).run()
    }

    private static func records(_ sink: RecordingSink) -> Set<String> { Set(sink.rows.map { "\($0)" }) }

    @Test(arguments: [1, 3]) func restartsFromKeptStatesGiveWhatARunWithoutABreakGives(workers: Int) async throws {
        let (whole, parts, stores) = (RecordingSink(), RecordingSink(), MemoryStores())
        try await Self.run(Self.rig(MemoryStores(), workers: workers), whole)
        try await Self.run(Self.rig(stores, workers: workers), through: 700, parts)
        #expect(Set(stores.indicatorStates.map(\.time)) == [63 * day, 127 * day, 191 * day])
        #expect(stores.resumed.isEmpty)
        let (before, askedBefore) = (stores.read, stores.asked)
        try await Self.run(Self.rig(stores, workers: workers), parts)
        #expect(stores.resumed == [191 * day, 191 * day, 191 * day])
        // Of 233 bars each the last 64 that the states have seen, those after them and one for the end.
        #expect(stores.read - before < 3 * (48 + 44 + 4))
        // For all instruments together: where each ends, those the states have seen, those after them, and those that go out.
        #expect(stores.asked - askedBefore == 4)
        #expect(parts.rows(.features).count == Self.bars.count)
        #expect(Self.records(parts) == Self.records(whole))
    }

    @Test func aPastThatIsLongOverLeavesOneStateWhenItIsThrough() throws {
        var bank = IndicatorBank<Bar>(plan: FeaturePlan([("count", EventCount())]))
        bank.keepStates(span: 64 * day)
        bank.keepStates(since: 10_000 * day)
        var rows: [Double] = []
        for number in 1...700 { bank.process([bar(0, number)], into: &rows) }
        #expect(bank.takeStates().isEmpty)
        bank.endPast()
        let states = bank.takeStates()
        // Of every fourth span, the newest.
        #expect(states.map(\.time) == [575 * day])
        var reader = StateReader(states[0].bytes)
        #expect(try reader.readInt() == 575)
        bank.endPast()
        #expect(bank.takeStates().isEmpty)
    }

    @Test func aPastThatIsLongOverLeavesStatesWhenItWarmsUp() async throws {
        let (whole, parts, stores) = (RecordingSink(), RecordingSink(), MemoryStores())
        try await Self.run(Self.rig(MemoryStores()), whole)
        try await Self.run(Self.rig(stores, today: 10_000), through: 600, parts)
        #expect(stores.indicatorStates.map(\.time) == [63 * day, 63 * day, 63 * day])
        // What comes before these is too little to go on after it.
        try await Self.run(Self.rig(stores, today: 10_000), through: 601, parts)
        #expect(Set(stores.indicatorStates.map(\.time)) == [63 * day, 191 * day])
        try await Self.run(Self.rig(stores, today: 10_000), parts)
        #expect(stores.resumed.suffix(3) == [191 * day, 191 * day, 191 * day])
        #expect(Self.records(parts) == Self.records(whole))
    }

    @Test func statesThatCannotBeReadAreAsGoodAsNone() async throws {
        let (whole, parts, stores) = (RecordingSink(), RecordingSink(), MemoryStores())
        try await Self.run(Self.rig(MemoryStores()), whole)
        try await Self.run(Self.rig(stores), through: 700, parts)
        stores.damageStates()
        try await Self.run(Self.rig(stores), parts)
        #expect(Self.records(parts) == Self.records(whole))
    }

    @Test func statesOfOtherIndicatorsAreNotUsed() async throws {
        let stores = MemoryStores()
        try await Self.run(Self.rig(stores), RecordingSink())
        var rig = Self.rig(stores)
        rig.features = FeaturePlan([("roll", RollingCloses(period: 3)), ("other", EventCount())])
        let sink = RecordingSink()
        try await rig.pipeline(PositionedLog([]), [Rig.sink("late", sink, records: [.features])]).run()
        #expect(stores.resumed.isEmpty)
        #expect(sink.rows(.features).count == Self.bars.count)
    }

    @Test func aRunOfEventsLeavesTheStatesBeforeItsLastSpan() throws {
        var bank = IndicatorBank<Bar>(plan: FeaturePlan([("count", EventCount())]))
        bank.keepStates(span: 64 * day)
        var rows: [Double] = []
        bank.process((1...300).map { bar(0, $0) }, into: &rows)
        #expect(rows == (1...300).map(Double.init))
        let states = bank.takeStates()
        #expect(states.map(\.time) == [255 * day])
        var reader = StateReader(states[0].bytes)
        #expect(try reader.readInt() == 255)
        bank.process([bar(0, 301), bar(1, 400)], into: &rows)
        #expect(bank.takeStates().isEmpty)
        bank.process([bar(0, 320), bar(1, 401)], into: &rows)
        #expect(bank.takeStates().map(\.time) == [301 * day])
    }

    @Test func whatStatesHaveSeenIsNotFedToThemAgain() throws {
        let plan = FeaturePlan([("count", EventCount())])
        var writer = StateWriter()
        writer.write(200)
        let kept = IndicatorState(instrument: id(1), time: 200 * day, plan: plan.digest, bytes: writer.bytes)
        var bank = IndicatorBank<Bar>(plan: plan)
        bank.keepStates(span: 64 * day)
        bank.resume(try plan.resume(kept))
        var rows: [Double] = []
        bank.process((150...203).map { bar(1, $0) }, into: &rows)
        #expect(rows.suffix(3) == [201, 202, 203])
        writer.write(1)
        let other = IndicatorState(instrument: id(1), time: day, plan: plan.digest, bytes: writer.bytes)
        #expect(throws: PluginError.self) { try plan.resume(other) }
    }
}
