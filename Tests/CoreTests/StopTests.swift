import HostCore
import PluginKit
import Testing

struct StopTests {
    /// Runs a pipeline and, once `isReady` is thrown, gives up; moves the clock past the grace times until `isEnough`.
    private func runAndGiveUp(
        _ pipeline: Pipeline, _ clock: ManualClock, when isReady: StopSignal, until isEnough: StopSignal = StopSignal()
    ) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await pipeline.run()
                return true
            }
            await isReady.wait()
            pipeline.giveUp()
            group.addTask {
                while !Task.isCancelled {
                    await clock.waitForSleepers()
                    if isEnough.isFired { break }
                    clock.advance(by: .milliseconds(250))
                    // What an advance wakes has a moment to go on, or the time is over before anything was done in it.
                    try? await Task.sleep(for: .milliseconds(2))
                }
                return false
            }
            while try await group.next() == false {}
            group.cancelAll()
        }
    }

    @Test func stopDeliversWhatWasReceived() async throws {
        let sink = RecordingSink()
        let provider = ArrayProvider((1...20).map { delivery([bar(0, $0)], $0) }, then: .waits)
        let pipeline = Rig().pipeline(provider, [Rig.sink("out", sink, capacity: 1)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            await provider.isDone.wait()
            pipeline.stop()
            try await group.waitForAll()
        }
        #expect(sink.rows.map { $0.time / day } == Array(1...20))
        #expect(provider.acknowledged.last == "20")
        #expect(pipeline.snapshot.addsUp && pipeline.snapshot.sinks[0].waiting == 0)
    }

    @Test func stopBeforeRunDeliversNothing() async throws {
        let sink = RecordingSink()
        let pipeline = Rig().pipeline(ArrayProvider([delivery([bar(0, 1)], 1)]), [Rig.sink("out", sink)])
        pipeline.stop()
        try await pipeline.run()
        #expect(sink.rows.isEmpty)
        #expect(pipeline.snapshot.received == 0)
    }

    @Test func stopWhileASinkIsFullDrainsThroughTheSlowSink() async throws {
        let gate = Gate()
        let sink = RecordingSink { (call, _) async throws(PluginError) in
            if call == 1 { await gate.pass() }
            return .accepted
        }
        let provider = ArrayProvider((1...9).map { delivery([bar(0, $0)], $0) }, then: .waits)
        let pipeline = Rig().pipeline(provider, [Rig.sink("out", sink, capacity: 2)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            await provider.isDone.wait()
            pipeline.stop()
            gate.open()
            try await group.waitForAll()
        }
        #expect(sink.rows.count == 9)
    }

    @Test func givingUpEndsASinkThatFailsForEver() async throws {
        let clock = ManualClock()
        var rig = Rig()
        rig.clock = clock
        let failed = StopSignal()
        let sink = RecordingSink { (_, _) async throws(PluginError) in
            failed.fire()
            throw PluginError(.transient, "sink/out: no route.")
        }
        let quick = RecordingSink()
        let provider = ArrayProvider((1...30).map { delivery([bar(0, $0)], $0) }, then: .waits)
        let pipeline = rig.pipeline(provider, [Rig.sink("out", sink, capacity: 2), Rig.sink("quick", quick)])
        try await runAndGiveUp(pipeline, clock, when: failed)
        let flow = pipeline.snapshot
        #expect(flow.addsUp && flow.sinks[0].waiting == 0)
        #expect(flow.sinks[0].delivered == 0)
        // Where the call that fails has not ended yet, nobody knows whether the sink has its rows.
        let dropped = flow.sinks[0].dropped
        #expect((dropped["stopped"] ?? 0) + (dropped["unconfirmed"] ?? 0) == flow.sinks[0].offered)
        #expect(rig.stores.marks("out").isEmpty)
        #expect(provider.acknowledged.isEmpty)
    }

    @Test func afterGivingUpNothingMoreIsWritten() async throws {
        let gate = Gate()
        let sink = RecordingSink { (_, _) async throws(PluginError) in
            await gate.pass()
            return .accepted
        }
        let provider = ArrayProvider((1...5).map { delivery([bar(0, $0)], $0) })
        let pipeline = Rig().pipeline(provider, [Rig.sink("out", sink)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            await provider.isDone.wait()
            await gate.isReached.wait()
            pipeline.giveUp()
            gate.open()
            try await group.waitForAll()
        }
        #expect(sink.calls == 1)
        #expect(pipeline.snapshot.addsUp && pipeline.snapshot.sinks[0].waiting == 0)
    }

    /// The sink ignores cancellation: `run` leaves it behind.
    @Test func givingUpDoesNotWaitForASinkThatHangs() async throws {
        let (clock, gate) = (ManualClock(), Gate())
        var rig = Rig()
        rig.clock = clock
        let sink = RecordingSink { (call, _) async throws(PluginError) in
            if call == 2 { await gate.pass() }
            return .accepted
        }
        let provider = ArrayProvider((1...30).map { delivery([bar(0, $0)], $0) }, then: .waits)
        let pipeline = rig.pipeline(provider, [Rig.sink("out", sink, capacity: 2)])
        try await runAndGiveUp(pipeline, clock, when: gate.isReached)
        let counters = pipeline.snapshot.sinks[0]
        // The first row was written and never flushed, the second is in the call: nobody knows of either.
        #expect(counters.delivered == 0 && counters.waiting == 0 && counters.addsUp)
        #expect(counters.dropped["unconfirmed"] == 2 && counters.dropped["stopped"] == counters.offered - 2)
        #expect(rig.board.status(.sink, "out")?.state == .failed)
        #expect(rig.board.status(.sink, "out")?.message.contains("did not end when the pipeline stopped") == true)
        // What it does later changes no counter.
        gate.open()
        await sink.waitForRows(2)
        #expect(pipeline.snapshot.sinks[0] == counters)
    }

    @Test func givingUpCancelsASinkThatListens() async throws {
        let clock = ManualClock()
        var rig = Rig()
        rig.clock = clock
        let (isWriting, isCancelled) = (StopSignal(), StopSignal())
        let sink = RecordingSink { (_, _) async throws(PluginError) in
            isWriting.fire()
            await withTaskCancellationHandler {
                await StopSignal().wait()
            } onCancel: {
                isCancelled.fire()
            }
            throw PluginError(.cancelled, "sink/out: cancelled.")
        }
        let pipeline = rig.pipeline(
            ArrayProvider([delivery([bar(0, 1), bar(1, 1)], 1)]), [Rig.sink("out", sink)])
        try await runAndGiveUp(pipeline, clock, when: isWriting, until: isCancelled)
        #expect(pipeline.snapshot.sinks[0].dropped == ["unconfirmed": 2])
        // A cancelled call is no fault.
        #expect(rig.board.status(.sink, "out")?.state == .ok)
    }

    @Test func givingUpDoesNotWaitForAProviderThatHangs() async throws {
        let (clock, gate) = (ManualClock(), Gate())
        var rig = Rig()
        rig.clock = clock
        let sink = RecordingSink()
        let provider = ArrayProvider([delivery([bar(0, 1)], 1)], then: .hangs(gate))
        let pipeline = rig.pipeline(provider, [Rig.sink("out", sink)])
        try await runAndGiveUp(pipeline, clock, when: gate.isReached)
        #expect(pipeline.snapshot.addsUp && pipeline.snapshot.received == 1)
        gate.open()
    }

    @Test func givingUpDoesNotWaitForAStoreThatHangs() async throws {
        let (clock, gate) = (ManualClock(), Gate())
        var rig = Rig()
        rig.clock = clock
        rig.stores = MemoryStores(store: { _ in await gate.pass() })
        let provider = ArrayProvider((1...400).map { delivery([bar(0, $0)], $0) }, then: .waits)
        let pipeline = rig.pipeline(provider, [Rig.sink("out", RecordingSink())])
        try await runAndGiveUp(pipeline, clock, when: gate.isReached)
        #expect(pipeline.snapshot.addsUp)
        #expect(provider.acknowledged.isEmpty)
        #expect(rig.board.status(.store, "main")?.state == .degraded)
        gate.open()
    }

    @Test func cancellingTheRunningTaskGivesUpInOrder() async throws {
        let gate = Gate()
        let sink = RecordingSink { (call, _) async throws(PluginError) in
            if call == 3 { await gate.pass() }
            return .accepted
        }
        let provider = ArrayProvider((1...50).map { delivery([bar(0, $0)], $0) }, then: .waits)
        let rig = Rig()
        let pipeline = rig.pipeline(provider, [Rig.sink("out", sink, capacity: 4)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            await gate.isReached.wait()
            group.cancelAll()
            gate.open()
            try await group.waitForAll()
        }
        let counters = pipeline.snapshot.sinks[0]
        #expect(counters.addsUp && counters.waiting == 0)
        // Whatever was taken is a beginning without holes, and the watermark is not past it.
        let taken = sink.rows.map { $0.time / day }
        #expect(taken == Array(1...Int64(max(1, taken.count))))
        #expect((rig.stores.marks("out")["I0.TEST"] ?? 0) <= Int64(taken.count) * day)
    }
}
