import PluginKit
import Testing

@testable import HostCore

struct WatermarkTests {
    /// Runs bars through a pipeline with one sink and the stores given.
    @discardableResult
    private func run(
        _ bars: [Bar], into sink: RecordingSink, _ stores: MemoryStores, workers: Int = 1, patience: Int? = nil,
        sizes: ClosedRange<Int> = 1...9, seed: UInt64 = 1
    ) async throws -> FlowSnapshot {
        var rig = fullRig(workers: workers)
        rig.stores = stores
        rig.patience = patience
        let provider = ArrayProvider(deliveries(bars, sizes: sizes, seed: seed))
        let pipeline = rig.pipeline(provider, [Rig.sink("out", sink, records: Rig.allRecords)])
        try await pipeline.run()
        #expect(pipeline.snapshot.addsUp)
        return pipeline.snapshot
    }

    @Test(arguments: [1, 2, 4])
    func aRestartDeliversExactlyTheRest(workers: Int) async throws {
        let bars = spoiled(walks(instruments: 4, days: 60, seed: 21), rate: 12, seed: 4)
        let whole = RecordingSink()
        try await run(bars, into: whole, MemoryStores())
        let stores = MemoryStores()
        let (first, second, third) = (RecordingSink(), RecordingSink(), RecordingSink())
        try await run(Array(bars.prefix(bars.count / 2)), into: first, stores, workers: workers)
        let flow = try await run(bars, into: second, stores, workers: workers, seed: 9)
        #expect(Set(first.rows).isDisjoint(with: second.rows))
        #expect(Set(first.rows + second.rows) == Set(whole.rows))
        #expect(first.rows.count + second.rows.count == whole.rows.count)
        #expect(flow.sinks[0].alreadyDurable == first.rows.count)
        // Nothing is left for a third run.
        try await run(bars, into: third, stores, workers: workers)
        #expect(third.rows.isEmpty)
    }

    /// Writes fail at random, some for good: what a run gave up, the next ones deliver.
    @Test(arguments: 1...6)
    func nothingIsLostHoweverASinkFails(seed: Int) async throws {
        let bars = walks(instruments: 4, days: 40, seed: UInt64(seed))
        let whole = RecordingSink()
        try await run(bars, into: whole, MemoryStores())
        let stores = MemoryStores()
        let random = Guarded(Seeded(UInt64(seed)))
        var delivered: [SeenRow] = []
        for _ in 0..<4 {
            let sink = RecordingSink(
                answer: { (_, batch) async throws(PluginError) in
                    switch random.change({ Int.random(in: 0..<20, using: &$0) }) {
                    case 0: throw PluginError(.transient, "sink/out: no route.")
                    case 1: throw PluginError(.badRequest, "sink/out: refused.")
                    case 2: WriteReceipt(retry: [batch.count - 1])
                    default: .accepted
                    }
                },
                flush: { (_) async throws(PluginError) in
                    if random.change({ Int.random(in: 0..<4, using: &$0) }) == 0 {
                        throw PluginError(.environment, "sink/out: the disk is full.")
                    }
                })
            try await run(bars, into: sink, stores, workers: 2, patience: 2)
            delivered += sink.rows
        }
        let last = RecordingSink()
        try await run(bars, into: last, stores)
        delivered += last.rows
        #expect(Set(delivered) == Set(whole.rows))
    }

    /// The bars of a delivery are written, its features are not, and then the bars cannot be made durable.
    @Test func whatIsInHandGoesOnWhereWhatWasWrittenIsGivenUp() async throws {
        let (stores, whole, bars) = (MemoryStores(), RecordingSink(), [bar(0, 1), bar(0, 2)])
        try await run(bars, into: whole, MemoryStores())
        let (writes, flushes) = (Guarded(0), Guarded(0))
        @Sendable func isFirst(_ count: Guarded<Int>) -> Bool {
            count.change { count in
                count += 1
                return count == 1
            }
        }
        let failing = RecordingSink(
            answer: { (_, batch) async throws(PluginError) in
                if batch.kind == .features, isFirst(writes) { throw PluginError(.transient, "sink/out: no route.") }
                return .accepted
            },
            flush: { (_) async throws(PluginError) in
                if isFirst(flushes) { throw PluginError(.badRequest, "sink/out: refused.") }
            })
        try await run(bars, into: failing, stores, patience: 2, sizes: 2...2)
        #expect(writes.value > 1)
        let next = RecordingSink()
        try await run(bars, into: next, stores)
        #expect(Set(failing.rows + next.rows) == Set(whole.rows))
    }

    @Test func aGiveUpHoldsItsInstrumentsAndNotTheOthers() async throws {
        let stores = MemoryStores()
        let bars = (1...4).flatMap { [bar(0, $0), bar(1, $0)] }
        // Day 2 of instrument 1 cannot be written, alone in its batch.
        let failing = RecordingSink { (_, batch) async throws(PluginError) in
            let bad = batch.seenRows.indices.filter {
                batch.seenRows[$0].instrument == id(1) && batch.seenRows[$0].time == 2 * day
            }
            if bad.isEmpty { return .accepted }
            if batch.count == 1 { throw PluginError(.badRequest, "sink/out: refused.") }
            return WriteReceipt(retry: bad)
        }
        try await runBars(bars, failing, stores, sizes: 2...2)
        #expect(stores.marks("out") == ["I0.TEST": 4 * day, "I1.TEST": day])
        let next = RecordingSink()
        let acknowledged = try await runBars(bars, next, stores, sizes: 2...2)
        #expect(next.rows.map(\.instrument) == [id(1), id(1), id(1)])
        #expect(next.rows.map { $0.time / day } == [2, 3, 4])
        #expect(acknowledged.last == "4")
    }

    @Test func aGiveUpHoldsTheAcknowledgements() async throws {
        let failing = RecordingSink { (_, batch) async throws(PluginError) in
            if batch.sequence == 3 { throw PluginError(.corrupted, "sink/out: damaged.") }
            return .accepted
        }
        let acknowledged = try await runBars((1...6).map { bar(0, $0) }, failing, MemoryStores(), sizes: 1...1)
        #expect(Set(acknowledged).isSubset(of: ["1", "2"]))
        #expect(failing.rows.count == 5)
    }

    @discardableResult
    private func runBars(
        _ bars: [Bar], _ sink: RecordingSink, _ stores: MemoryStores, sizes: ClosedRange<Int>
    ) async throws -> [String] {
        var rig = Rig()
        rig.stores = stores
        let provider = ArrayProvider(deliveries(bars, sizes: sizes, seed: 1))
        try await rig.pipeline(provider, [Rig.sink("out", sink)]).run()
        return provider.acknowledged
    }

    @Test func theWatermarkWaitsForTheFlush() async throws {
        let stores = MemoryStores(advance: { (_) async throws(PluginError) in })
        let marksAtFlush = Guarded<[Int]>([])
        let sink = RecordingSink(flush: { (_) async throws(PluginError) in
            marksAtFlush.change { $0.append(stores.marks("out").count) }
        })
        try await runBars([bar(0, 1)], sink, stores, sizes: 1...1)
        #expect(marksAtFlush.value == [0])
        #expect(stores.marks("out") == ["I0.TEST": day])
    }

    @Test func aFlushThatFailsIsTriedAgainAtTheEnd() async throws {
        let stores = MemoryStores()
        let sink = RecordingSink(flush: { (call) async throws(PluginError) in
            if call < 6 { throw PluginError(.environment, "sink/out: the disk is full.") }
        })
        let acknowledged = try await runBars((1...3).map { bar(0, $0) }, sink, stores, sizes: 3...3)
        #expect(sink.flushes == 6)
        #expect(stores.marks("out") == ["I0.TEST": 3 * day])
        #expect(acknowledged == ["1"])
    }

    @Test func aFlushThatCannotHelpLeavesTheWatermark() async throws {
        let stores = MemoryStores()
        let sink = RecordingSink(flush: { (_) async throws(PluginError) in
            throw PluginError(.badRequest, "sink/out: refused.")
        })
        let acknowledged = try await runBars([bar(0, 1)], sink, stores, sizes: 1...1)
        #expect(sink.rows.count == 1)
        #expect(stores.marks("out").isEmpty)
        #expect(acknowledged.isEmpty)
    }

    @Test func aWatermarkThatCannotBeStoredIsTriedAgain() async throws {
        let stores = MemoryStores(advance: { (call) async throws(PluginError) in
            if call < 4 { throw PluginError(.environment, "state: the disk is full.") }
        })
        var rig = Rig()
        rig.stores = stores
        let states = SeenStates(rig.board)
        let provider = ArrayProvider([delivery([bar(0, 1)], 1)])
        try await rig.pipeline(provider, [Rig.sink("out", RecordingSink())]).run()
        #expect(stores.marks("out") == ["I0.TEST": day])
        #expect(states.all == ["degraded state: the disk is full.", "ok "])
    }

    @Test func anIdleSinkIsNotFlushed() async throws {
        let sink = RecordingSink()
        let provider = ArrayProvider((1...5).map { delivery([], $0) })
        try await Rig().pipeline(provider, [Rig.sink("out", sink)]).run()
        #expect(sink.flushes == 0)
        #expect(provider.acknowledged.last == "5")
    }

    @Test func theProviderIsToldOnlyWhatEverySinkAndTheStoreHave() async throws {
        let gate = Gate()
        let slow = RecordingSink { (call, _) async throws(PluginError) in
            if call == 3 { await gate.pass() }
            return .accepted
        }
        let provider = ArrayProvider((1...8).map { delivery([bar($0 % 4, $0)], $0) })
        var rig = Rig()
        rig.workers = 2
        let quick = RecordingSink()
        let pipeline = rig.pipeline(provider, [Rig.sink("quick", quick), Rig.sink("slow", slow, capacity: 32)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            await gate.isReached.wait()
            await quick.waitForRows(8)
            #expect(provider.acknowledged.compactMap(Int.init).allSatisfy { $0 <= 2 + 6 })
            #expect(!provider.acknowledged.contains("8"))
            gate.open()
            try await group.waitForAll()
        }
        let told = provider.acknowledged.compactMap(Int.init)
        #expect(told.last == 8)
        #expect(told == told.sorted())
    }

    @Test func aStoreThatLosesADeliveryHoldsTheAcknowledgements() async throws {
        let stores = MemoryStores(losing: 2 * day)
        let acknowledged = try await runBars((1...4).map { bar(0, $0) }, RecordingSink(), stores, sizes: 1...1)
        #expect(Set(acknowledged).isSubset(of: ["1"]))
        #expect(stores.bars.count == 3)
    }

    @Test func aStoreThatFailsForAWhileLosesNothing() async throws {
        let stores = MemoryStores(
            store: { (call) async throws(PluginError) in
                if call < 4 { throw PluginError(.environment, "state: the disk is full.") }
            },
            quarantine: { (call) async throws(PluginError) in
                if call < 2 { throw PluginError(.transient, "state: busy.") }
            })
        var rig = Rig()
        rig.stores = stores
        let states = SeenStates(rig.board)
        let provider = ArrayProvider([delivery([bar(0, 1), bar(0, 1)], 1)])
        try await rig.pipeline(provider, []).run()
        #expect(stores.refused.map(\.reason) == ["duplicate"])
        #expect(stores.bars.map(\.time).last == day)
        #expect(provider.acknowledged == ["1"])
        #expect(states.all == ["degraded state: the disk is full.", "ok "])
    }

    @Test func aRowThatWasRefusedReachesTheSinksWhenItIsGood() async throws {
        let rig = Rig()
        let sink = RecordingSink()
        var wrong = bar(0, 2)
        wrong.time = EventTimes.possible.upperBound
        let first = [bar(0, 1), wrong, bar(0, 3), bar(1, 1), bar(1, 3)]
        try await rig.pipeline(ArrayProvider([delivery(first, 1)]), [Rig.sink("keep", sink)]).run()
        let second = [bar(0, 1), bar(0, 2), bar(0, 3), bar(1, 1), bar(1, 2), bar(1, 3), bar(0, 4)]
        for _ in 0..<2 {
            try await rig.pipeline(ArrayProvider([delivery(second, 1)]), [Rig.sink("keep", sink)]).run()
        }
        #expect(sink.rows(.bars).filter { $0.instrument == id(0) }.map(\.time) == [1, 3, 2, 4].map { $0 * day })
        // Of an instrument without refused rows a watermark says all.
        #expect(sink.rows(.bars).filter { $0.instrument == id(1) }.map(\.time) == [1, 3].map { $0 * day })
    }

    @Test func aWatermarkInTheFutureIsToldAndHoldsNothingBack() async throws {
        var rig = Rig()
        rig.wallTime = 100 * day
        let told = Guarded<[String]>([])
        rig.board.onNotice { notice in told.change { $0.append(notice) } }
        let instrument = Instrument(code: "I0", venue: "TEST")
        try await rig.stores.advance([Rig.key("keep"): [instrument: EventMark(time: 90_000 * day)]])
        try await rig.stores.quarantine([
            QuarantinedRow(
                pipeline: "main", provenance: Provenance(source: "source"), instrument: "I0.TEST", time: nil, place: "",
                reason: "out_of_order",
                message: "", raw: "")
        ])
        let sink = RecordingSink()
        try await rig.pipeline(ArrayProvider([delivery([bar(0, 1), bar(0, 2)], 1)]), [Rig.sink("keep", sink)]).run()
        #expect(sink.rows(.bars).map(\.time) == [day, 2 * day])
        #expect(told.value.contains { $0.contains("lie in the future") })
    }
}
