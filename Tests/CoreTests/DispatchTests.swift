import HostCore
import PluginKit
import Testing

struct DispatchTests {
    private struct Flow {
        let slow: [Int64]
        let counters: FlowSnapshot.Sink
    }

    /// Ten deliveries of one bar each, while the first write of the first sink waits until the second sink has them all.
    private func runPastASlowSink(_ policy: QueuePolicy, capacity: Int) async throws -> Flow {
        let gate = Gate()
        let slow = RecordingSink { (call, _) async throws(PluginError) in
            if call == 1 { await gate.pass() }
            return .accepted
        }
        let quick = RecordingSink()
        let provider = ArrayProvider((1...10).map { delivery([bar(0, $0)], $0) }) { number in
            if number == 1 { await gate.isReached.wait() }
        }
        let pipeline = Rig().pipeline(
            provider, [Rig.sink("slow", slow, capacity: capacity, policy: policy), Rig.sink("quick", quick)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            // Only then: a sink that waits does not delay the other one.
            await quick.waitForRows(10)
            gate.open()
            try await group.waitForAll()
        }
        #expect(pipeline.snapshot.addsUp)
        #expect(quick.rows.count == 10)
        return Flow(slow: slow.rows.map { $0.time / day }, counters: pipeline.snapshot.sinks[0])
    }

    @Test func dropOldestKeepsTheNewestAndCountsTheRest() async throws {
        let flow = try await runPastASlowSink(.dropOldest, capacity: 3)
        #expect(flow.slow == [1, 8, 9, 10])
        #expect(flow.counters.dropped == ["queue_full_oldest": 6])
        #expect(flow.counters.delivered == 4 && flow.counters.offered == 10 && flow.counters.waiting == 0)
    }

    @Test func dropNewestKeepsTheOldestAndCountsTheRest() async throws {
        let flow = try await runPastASlowSink(.dropNewest, capacity: 3)
        #expect(flow.slow == [1, 2, 3, 4])
        #expect(flow.counters.dropped == ["queue_full_newest": 6])
    }

    @Test func blockWithRoomLosesNothingAndDelaysNobody() async throws {
        let flow = try await runPastASlowSink(.block, capacity: 9)
        #expect(flow.slow == Array(1...10))
        #expect(flow.counters.dropped.isEmpty)
    }

    @Test func deliveriesWithoutRowsPushNoneOut() async throws {
        let gate = Gate()
        let slow = RecordingSink { (call, _) async throws(PluginError) in
            if call == 1 { await gate.pass() }
            return .accepted
        }
        let quick = RecordingSink()
        let deliveries = [delivery([bar(0, 1)], 1), delivery([bar(0, 2)], 2)] + (3...9).map { delivery([], $0) }
        let provider = ArrayProvider(deliveries + [delivery([bar(0, 3)], 10)]) { number in
            if number == 1 { await gate.isReached.wait() }
        }
        let pipeline = Rig().pipeline(
            provider, [Rig.sink("slow", slow, capacity: 2, policy: .dropOldest), Rig.sink("quick", quick)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            await quick.waitForRows(3)
            gate.open()
            try await group.waitForAll()
        }
        #expect(slow.rows.map { $0.time / day } == [1, 2, 3])
        #expect(provider.acknowledged.last == "10")
    }

    @Test func rowsToRetryAreOfferedAgainAloneAndInOrder() async throws {
        let sink = RecordingSink { (call, _) async throws(PluginError) in
            call == 1
                ? WriteReceipt(rejected: [WriteReceipt.Rejection(row: 1, reason: "too_long")], retry: [3, 0])
                : .accepted
        }
        let pipeline = Rig().pipeline(
            ArrayProvider([delivery((1...4).map { bar(0, $0) }, 1)]), [Rig.sink("out", sink)])
        try await pipeline.run()
        #expect(sink.rows.map { $0.time / day } == [3, 1, 4])
        let counters = pipeline.snapshot.sinks[0]
        #expect(counters.delivered == 3 && counters.refused == ["too_long": 1] && counters.addsUp)
    }

    @Test func aReceiptThatContradictsItselfIsReadSafely() async throws {
        let sink = RecordingSink { (call, _) async throws(PluginError) in
            guard call == 1 else { return .accepted }
            let rejected = [0, 0, 7, -1].map { WriteReceipt.Rejection(row: $0, reason: "no") }
            return WriteReceipt(rejected: rejected, retry: [0, 2, 2, 99, -5])
        }
        let pipeline = Rig().pipeline(
            ArrayProvider([delivery((1...4).map { bar(0, $0) }, 1)]), [Rig.sink("out", sink)])
        try await pipeline.run()
        let counters = pipeline.snapshot.sinks[0]
        #expect(counters.delivered == 3 && counters.refused == ["no": 1] && counters.addsUp)
        #expect(sink.calls == 2)
    }

    @Test func aFaultThatPassesIsTriedAgainWithDoublingPauses() async throws {
        let clock = ManualClock()
        var rig = Rig()
        rig.clock = clock
        let sink = RecordingSink { (call, _) async throws(PluginError) in
            guard call > 8 else { throw PluginError(.transient, "sink/out: no route.") }
            return .accepted
        }
        let pipeline = rig.pipeline(ArrayProvider([delivery([bar(0, 1)], 1)]), [Rig.sink("out", sink)])
        let states = SeenStates(rig.board)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            for _ in 0..<8 {
                await clock.waitForSleepers()
                clock.advance(by: .seconds(5))
            }
            try await group.waitForAll()
        }
        #expect(clock.spans == [100, 200, 400, 800, 1_600, 3_200, 5_000, 5_000].map { .milliseconds($0) })
        #expect(sink.rows.count == 1)
        #expect(states.all == ["degraded sink/out: no route.", "ok "])
        #expect(pipeline.snapshot.sinks[0].delivered == 1)
    }

    @Test(arguments: [PluginError.Code.transient, .environment, .badRequest, .corrupted, .cancelled])
    func rowsAreGivenUpWhenTryingCannotHelpOrPatienceEnds(code: PluginError.Code) async throws {
        var rig = Rig()
        rig.patience = 3
        let sink = RecordingSink { (_, batch) async throws(PluginError) in
            if batch.sequence == 1 { throw PluginError(code, "sink/out: broke.") }
            return .accepted
        }
        let provider = ArrayProvider([delivery([bar(0, 1), bar(1, 1)], 1), delivery([bar(0, 2)], 2)])
        let pipeline = rig.pipeline(provider, [Rig.sink("out", sink)])
        try await pipeline.run()
        let isRetried = code.isTransient || code == .environment || code == .corrupted
        #expect(sink.calls == (isRetried ? 3 : 1) + 1)
        let counters = pipeline.snapshot.sinks[0]
        #expect(counters.dropped == ["write_failed": 2] && counters.delivered == 1 && counters.addsUp)
        // It works again, and misses rows: that is not ok before the next run.
        #expect(rig.board.status(.sink, "out")?.state == .degraded)
        // What it had and has no more is told before what it never had.
        let told = code == .corrupted ? "sink/out: broke." : "rows of this run were given up"
        #expect(rig.board.status(.sink, "out")?.message.contains(told) == true)
    }

    @Test func aSinkThatAsksForRowsForEverIsGivenUp() async throws {
        var rig = Rig()
        rig.patience = 4
        let sink = RecordingSink { (_, batch) async throws(PluginError) in
            WriteReceipt(retry: Array(0..<min(2, batch.count)))
        }
        let pipeline = rig.pipeline(
            ArrayProvider([delivery((1...3).map { bar(0, $0) }, 1)]), [Rig.sink("out", sink)])
        try await pipeline.run()
        let counters = pipeline.snapshot.sinks[0]
        #expect(counters.delivered == 1 && counters.dropped == ["write_failed": 2] && counters.addsUp)
        #expect(sink.calls == 4)
        #expect(rig.board.status(.sink, "out")?.message.contains("asked for 2 rows again") == true)
    }
}

/// The changes an instance board told of, as text.
final class SeenStates: Sendable {
    private let states = Guarded<[String]>([])

    init(_ board: InstanceBoard) {
        board.onChange { [states] status in states.change { $0.append("\(status.state) \(status.message)") } }
    }

    var all: [String] { states.value }
}
