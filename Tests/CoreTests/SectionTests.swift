import PluginKit
import RowColumns
import Testing

@testable import HostCore

/// Columns that compare the instruments of one event time: the same however bars come, and right after a stop.
@Suite struct SectionTests {
    private static let records: Set<RecordKind> = [.bars, .features, .predictions]
    private static let bars = walks(instruments: 4, days: 60, seed: 7)

    private static func cross(
        _ rule: CrossRule, of column: String, by groups: [Int] = [], least: Int = 2
    ) throws -> CrossColumn {
        var made = try CrossColumn(
            Configuration(
                instance: "indicator/x",
                values: [
                    "cross": .text(rule.rawValue), "of": .text(column), "by": .list([]), "min": .integer(least),
                ]))
        made.groups = groups
        return made
    }

    /// Columns: mean, sum, count, then those that compare.
    private static func features() throws -> FeaturePlan {
        FeaturePlan([
            ("roll", RollingCloses(period: 3)), ("count", EventCount()), ("rank", try cross(.rank, of: "roll.mean")),
            ("z", try cross(.zscore, of: "roll.sum", by: [0, 0, 1, 1])), ("off", try cross(.demean, of: "count")),
        ])
    }

    private static func rig(_ stores: MemoryStores = MemoryStores(), workers: Int = 1) throws -> Rig {
        var rig = Rig()
        rig.stores = stores
        rig.features = try features()
        rig.models = [Rig.model("sum", [3, 5])]
        rig.workers = workers
        rig.sectionWait = .seconds(4)
        rig.streamDigest = "stream"
        return rig
    }

    /// What training makes of the same bars: instrument by instrument, then compared.
    private static func trained(_ bars: [Bar]) throws -> Set<String> {
        let plan = try features()
        let bars = bars.enumerated().sorted { ($0.element.instrument, $0.offset) < ($1.element.instrument, $1.offset) }
            .map(\.element)
        var bank = IndicatorBank<Bar>(plan: plan)
        var matrix: [Double] = []
        bank.process(bars, into: &matrix)
        var tally = SectionTally()
        var derived = DerivedColumns(plan, names: plan.schema.names)
        derived.fill(
            bars.map { RowKey($0) }, into: &matrix, stride: plan.width, tally: &tally)
        return Set(
            bars.enumerated().map { row, bar in
                let bits = matrix[row * plan.width..<(row + 1) * plan.width].map(\.bitPattern)
                return "\(bar.instrument) \(bar.time) \(bits)"
            })
    }

    private static func features(_ sink: RecordingSink) -> Set<String> {
        Set(sink.rows(.features).map { "\($0.instrument ?? id(99)) \($0.time) \($0.bits)" })
    }

    private static func cut(_ bars: [Bar], _ size: Int) -> [Delivery] {
        stride(from: 0, to: bars.count, by: size).enumerated().map { number, start in
            delivery(Array(bars[start..<min(start + size, bars.count)]), number + 1)
        }
    }

    @Test(arguments: [1, 3], [1, 7, 1_000])
    func valuesAreTheSameHoweverDeliveriesAreCutAndAsInTraining(workers: Int, size: Int) async throws {
        let sink = RecordingSink()
        let rig = try Self.rig(workers: workers)
        let pipeline = rig.pipeline(
            ArrayProvider(Self.cut(Self.bars, size)), [Rig.sink("keep", sink, records: Self.records)])
        try await pipeline.run()
        #expect(Self.features(sink) == (try Self.trained(Self.bars)))
        #expect(sink.rows(.features).count == Self.bars.count && rig.stores.bars.count == Self.bars.count)
        let flow = pipeline.snapshot
        let times = Set(Self.bars.map(\.time)).count
        #expect(flow.addsUp && flow.rows == Self.bars.count && flow.isSectioned)
        #expect(flow.section.closed == times && flow.section.absent == 4 * times - Self.bars.count)
        #expect(flow.section.held == 0 && flow.section.missing["late_row"] == nil)
        #expect(flow.models[0].predicted == sink.rows(.predictions).count && flow.models[0].predicted > 100)
    }

    @Test func ranksAndScoresAreThoseOfTheirTimeAndGroup() async throws {
        let sink = RecordingSink()
        try await Self.rig().pipeline(
            ArrayProvider(Self.cut(Self.bars, 5)), [Rig.sink("keep", sink, records: [.features])]
        ).run()
        let rows = sink.rows(.features).map { ($0, $0.bits.map { Double(bitPattern: $0) }) }
        var compared = 0
        for (row, values) in rows where values[0].isFinite {
            let others = rows.filter { $0.0.time == row.time && $0.1[0].isFinite }
            let below = others.count { $0.1[0] < values[0] }
            #expect(values[3] == Double(below + 1) / Double(others.count) || others.count < 2)
            let group = others.filter { ($0.0.instrument?.rawValue ?? 9) / 2 == (row.instrument?.rawValue ?? 9) / 2 }
            guard group.count == 2, group[0].1[1] != group[1].1[1] else {
                #expect(values[4].isNaN)
                continue
            }
            // Two values are a half of the root of two away from their mean.
            #expect(abs(abs(values[4]) - 0.5.squareRoot()) < 1e-12)
            compared += 1
        }
        #expect(compared > 50)
    }

    @Test func aLateRowHasNoValueChangesNoneAndStaysLateInTheStore() async throws {
        func of(_ number: Int, _ instruments: [Int]) -> [Bar] {
            instruments.map { bar($0, number, close: 10 + Double(($0 + 1) * number % 7)) }
        }
        let before = of(1, [0, 1, 2]) + of(2, [0, 1, 2]) + of(3, [0, 1, 2]) + of(4, [0, 1]) + of(5, [0])
        let bars = before + of(4, [2]) + of(5, [1, 2])
        let sink = RecordingSink()
        var rig = try Self.rig()
        rig.instrumentCount = 3
        let pipeline = rig.pipeline(
            ArrayProvider(Self.cut(bars, 1)), [Rig.sink("keep", sink, records: [.bars, .features])])
        try await pipeline.run()
        let late = sink.rows(.bars).filter { $0.flags & EventFlags.late.rawValue != 0 }
        #expect(late.map(\.time) == [4 * day] && late.map(\.instrument) == [id(2)])
        let row = try #require(
            sink.rows(.features).first { $0.time == 4 * day && $0.instrument == id(2) })
        #expect(row.bits.map { Double(bitPattern: $0).isNaN } == [false, false, false, true, true, true])
        #expect(pipeline.snapshot.section.missing["late_row"] == 3 && pipeline.snapshot.addsUp)
        var marked = bars
        marked[12].flags.insert(.late)
        #expect(Self.features(sink) == (try Self.trained(marked)))
        // A sink that comes later gets what was, from the store.
        let later = RecordingSink()
        try await rig.pipeline(ArrayProvider([]), [Rig.sink("new", later, records: [.bars, .features])]).run()
        #expect(Self.features(later) == Self.features(sink))
    }

    @Test func liveRowsWaitForEachOtherAndNotForEver() async throws {
        let (clock, sink, gate) = (ManualClock(), RecordingSink(), Gate())
        var rig = try Self.rig()
        (rig.instrumentCount, rig.isReplay, rig.clock) = (3, false, clock)
        rig.features = FeaturePlan([("count", EventCount()), ("rank", try Self.cross(.rank, of: "count"))])
        rig.models = []
        let bars = [0, 1, 2].map { bar($0, 1) } + [0, 1].map { bar($0, 2) } + [bar(2, 2)]
        let provider = ArrayProvider(Self.cut(bars, 1), then: .waits) { if $0 == 5 { await gate.pass() } }
        let pipeline = rig.pipeline(provider, [Rig.sink("keep", sink, records: [.bars])])
        let running = Task { try await pipeline.run() }
        // The first day is whole; of the second two rows wait until time goes on.
        await sink.waitForRows(3)
        while sink.rows.count < 5 {
            clock.advance(by: .seconds(1))
            await Task.yield()
        }
        gate.open()
        await sink.waitForRows(6)
        pipeline.stop()
        try await running.value
        #expect(sink.rows.map(\.flags) == [0, 0, 0, 0, 0, EventFlags.late.rawValue])
        #expect(pipeline.snapshot.section.closed == 2 && pipeline.snapshot.section.absent == 1)
    }

    @Test func whatWaitsIsNotAcknowledgedAndComesAgainAfterAStop() async throws {
        let all = Self.cut(Self.bars, 1)
        let whole = RecordingSink()
        try await Self.rig().pipeline(ArrayProvider(all), [Rig.sink("keep", whole, records: Self.records)]).run()
        var hasHeld = 0
        for end in stride(from: 90, to: 130, by: 3) {
            let stores = MemoryStores()
            let parts = RecordingSink()
            let first = ArrayProvider(Array(all[..<end]), then: .waits)
            let rig = try Self.rig(stores)
            let pipeline = rig.pipeline(first, [Rig.sink("keep", parts, records: Self.records)])
            let running = Task { try await pipeline.run() }
            await first.isDone.wait()
            pipeline.stop()
            try await running.value
            let last = Self.bars[end - 1].time
            let closed = Self.bars[..<end].filter { $0.time < last }.count
            let held = pipeline.snapshot.section.held
            if held > 0 {
                hasHeld += 1
                #expect(held == end - closed && stores.bars.count == closed)
                #expect(first.acknowledged.last == "\(closed)" && parts.rows(.bars).count == closed)
            }
            let rest = ResumedLog(all)
            try await Self.rig(stores).pipeline(rest, [Rig.sink("keep", parts, records: Self.records)]).run()
            #expect(rest.asked.value == ["\(stores.bars.isEmpty ? 0 : held > 0 ? closed : end)"])
            #expect(parts.rows(.features).count == Self.bars.count)
            #expect(Set(parts.rows.map { "\($0)" }) == Set(whole.rows.map { "\($0)" }))
        }
        #expect(hasHeld > 5)
    }

    @Test func aRowKeepsItsOriginThoughItLeavesWithAnotherDelivery() throws {
        var rig = try Self.rig()
        rig.instrumentCount = 2
        rig.models = []
        let plan = rig.pipeline(ArrayProvider([]), []).plan
        var partition = Partition(plan: plan, isKnown: plan.isKnown, modelPlaces: [])
        func item(_ sequence: UInt64, _ bar: Bar, from source: String) -> IngestItem {
            IngestItem(
                sequence: sequence, events: .bars([bar]), defects: [], clock: .each([bar.time]), latest: .max,
                provenance: Provenance(source: source))
        }
        let first = partition.process(item(1, bar(0, 1), from: "a"))
        #expect(first.count == 1 && first[0].events.count == 0 && partition.heldSince == 1)
        let second = partition.process(item(2, bar(1, 1), from: "b"))
        #expect(second.map(\.provenance.source) == ["a", "b"] && second.map(\.events.count) == [1, 1])
        #expect(second.map(\.keys.count) == [1, 1] && partition.heldSince == nil)
    }

    @Test func aCorrectionTakesThePlaceOfABarThatWaits() {
        var barrier = SectionBarrier(SectionPlan(members: [id(0), id(1)], wait: .seconds(1)))
        var gone: [SectionBarrier.Held] = []
        func held(_ bar: Bar) -> SectionBarrier.Held {
            .init(bar: bar, clock: 0, origin: RowOrigin(Provenance(source: "a")), sequence: 1)
        }
        barrier.take(held(bar(0, 1, close: 10)), isPast: false, into: &gone)
        #expect(barrier.correct(bar(0, 1, close: 11)) && !barrier.correct(bar(1, 1)))
        barrier.take(held(bar(1, 2)), isPast: false, into: &gone)
        // Both have come to the first day, and the second instrument is beyond it.
        #expect(gone.map(\.bar.time) == [day])
        barrier.take(held(bar(0, 2)), isPast: false, into: &gone)
        #expect(gone.map(\.bar.close) == [11, 10, 10] && gone.map(\.bar.time) == [day, 2 * day, 2 * day])
        #expect(barrier.closedTimes == 2 && barrier.absent == 1 && barrier.heldCount == 0)
    }

    @Test func rulesGiveWhatTheySay() {
        #expect(CrossRule.rank.results([1, 2, 2, 4]) == [0.25, 0.625, 0.625, 1])
        #expect(CrossRule.demean.results([1, 2, 6]) == [-2, -1, 3])
        // By hand: mean 2.25, squares 4.75, deviation the root of 4.75 / 3.
        let scores = CrossRule.zscore.results([1, 2, 2, 4])
        let expected = [-1.25, -0.25, -0.25, 1.75].map { $0 / (4.75 / 3).squareRoot() }
        #expect(zip(scores, expected).allSatisfy { abs($0 - $1) < 1e-15 })
        #expect(CrossRule.zscore.results([3, 3]).allSatisfy { $0.isNaN })
        #expect(CrossRule.zscore.results([3]).allSatisfy(\.isNaN) && CrossRule.rank.results([]).isEmpty)
    }
}

/// Pushes deliveries after the position it is asked to go on after.
private final class ResumedLog: Provider {
    static let descriptor = PluginDescriptor(
        kind: .provider, name: "log", summary: "A log with positions.", schema: ConfigurationSchema([]),
        provider: ProviderCapabilities(fetches: [], streams: [.bar], isReplay: true, needsNetwork: false))

    private let deliveries: [Delivery]
    let asked = Guarded<[String]>([])

    init(_ deliveries: [Delivery]) { self.deliveries = deliveries }

    init(_ configuration: Configuration, context: PluginContext) throws(PluginError) {
        throw PluginError(.unsupported, "provider/log: is for tests.")
    }

    func stream(_ subscription: Subscription, into receiver: any EventReceiver) async throws(PluginError) {
        let after = subscription.resumeAfter?.text ?? "0"
        asked.change { $0.append(after) }
        for delivery in deliveries[(Int(after) ?? 0)...] { try await receiver.receive(delivery) }
    }
}
