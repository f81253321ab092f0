import HostCore
import PluginKit
import Synchronization
import Testing

/// A sink that loses what it has, hangs, or fails for good: what counts as delivered is delivered, and others are not held.
struct SinkFaultTests {
    /// Keeps rows until a flush, and forgets them instead of the flush where a test says so.
    private final class KeepingSink: Sink {
        static let descriptor = RecordingSink.descriptor
        private struct State {
            var held: [SeenRow] = []
            var kept: [SeenRow] = []
            var flushes = 0
        }
        private let state = Mutex(State())
        private let dies: @Sendable (Int) -> Bool

        init(dies: @escaping @Sendable (_ flush: Int) -> Bool) { self.dies = dies }
        init(_ configuration: Configuration, context: PluginContext) throws(PluginError) { dies = { _ in false } }

        var kept: [SeenRow] { state.withLock { $0.kept } }

        func write(_ batch: RecordBatch) async throws(PluginError) -> WriteReceipt {
            state.withLock { $0.held += batch.seenRows }
            return .accepted
        }

        func flush() async throws(PluginError) {
            let isDead = state.withLock { state in
                state.flushes += 1
                defer { state.held = [] }
                guard !dies(state.flushes) else { return true }
                state.kept += state.held
                return false
            }
            if isDead { throw PluginError(.transient, "sink/out: its process ended.") }
        }
    }

    @Test(arguments: [1, 3]) func whatASinkLostBeforeAFlushIsWrittenAgain(workers: Int) async throws {
        let bars = walks(instruments: 3, days: 50, seed: 6)
        var rig = Rig()
        rig.workers = workers
        let sink = KeepingSink { $0.isMultiple(of: 3) || $0 == 1 }
        let provider = ArrayProvider(deliveries(bars, sizes: 1...7, seed: 2))
        let pipeline = rig.pipeline(provider, [Rig.sink("out", sink)])
        try await pipeline.run()
        #expect(Set(sink.kept).count == bars.count && sink.kept.count == bars.count)
        let counters = pipeline.snapshot.sinks[0]
        #expect(counters.delivered == bars.count && counters.dropped.isEmpty && counters.addsUp)
        #expect(rig.board.status(.sink, "out")?.state == .ok)
    }

    @Test func whatCannotBeMadeDurableIsNotDeliveredAndComesWithTheNextRun() async throws {
        let stores = MemoryStores()
        var rig = Rig()
        (rig.stores, rig.patience) = (stores, 2)
        let lost = KeepingSink { _ in true }
        let provider = ArrayProvider((1...5).map { delivery([bar(0, $0)], $0) })
        let pipeline = rig.pipeline(provider, [Rig.sink("out", lost)])
        try await pipeline.run()
        let counters = pipeline.snapshot.sinks[0]
        #expect(counters.delivered == 0 && counters.dropped == ["unconfirmed": 5] && counters.addsUp)
        #expect(stores.marks("out").isEmpty && provider.acknowledged.isEmpty)
        let next = KeepingSink { _ in false }
        try await rig.pipeline(ArrayProvider((1...5).map { delivery([bar(0, $0)], $0) }), [Rig.sink("out", next)]).run()
        #expect(next.kept.map { $0.time / day } == [1, 2, 3, 4, 5])
    }

    @Test func aSinkThatIsReplacedGivesWhatItLostToTheOneAfterIt() async throws {
        let gate = Gate()
        let old = KeepingSink { _ in true }
        let new = KeepingSink { _ in false }
        let provider = ArrayProvider((1...20).map { delivery([bar(0, $0)], $0) }) { if $0 == 10 { await gate.pass() } }
        let pipeline = Rig().pipeline(provider, [Rig.sink("out", old, capacity: 100)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            await gate.isReached.wait()
            let plan = pipeline.plan.with(sinks: [Rig.sink("out", new).instance(1)])
            _ = try await pipeline.apply(try await pipeline.prepare(plan))
            gate.open()
            try await group.waitForAll()
        }
        #expect(old.kept.isEmpty && new.kept.map { $0.time / day } == Array(1...20))
        #expect(pipeline.snapshot.sinks[0].delivered == 20 && pipeline.snapshot.addsUp)
    }

    @Test func aSinkThatLostRowsItHadIsGivenTheRestAndStaysDegraded() async throws {
        let rig = Rig()
        let sink = RecordingSink { (call, _) async throws(PluginError) in
            if call == 2 { throw PluginError(.corrupted, "sink/out: its file was removed.") }
            return .accepted
        }
        let provider = ArrayProvider((1...10).map { delivery([bar(0, $0)], $0) })
        let pipeline = rig.pipeline(provider, [Rig.sink("out", sink)])
        try await pipeline.run()
        #expect(sink.rows.map { $0.time / day } == Array(1...10))
        #expect(pipeline.snapshot.sinks[0].delivered == 10)
        let status = rig.board.status(.sink, "out")
        #expect(status?.state == .degraded && status?.message == "sink/out: its file was removed.")
    }

    @Test func aSinkThatFailedForGoodHoldsNobody() async throws {
        let rig = Rig()
        let board = rig.board
        let dead = RecordingSink { (_, _) async throws(PluginError) in
            board.retire(.sink, "dead", "quarantined.")
            throw PluginError(.environment, "sink/dead: quarantined.")
        }
        let quick = RecordingSink()
        let provider = ArrayProvider((1...40).map { delivery([bar(0, $0)], $0) })
        let pipeline = rig.pipeline(provider, [Rig.sink("dead", dead, capacity: 2), Rig.sink("quick", quick)])
        try await pipeline.run()
        #expect(quick.rows.count == 40)
        let counters = pipeline.snapshot.sinks[0]
        #expect(counters.dropped == ["given_up": 40] && counters.addsUp)
        #expect(rig.board.status(.sink, "dead")?.state == .failed)
        #expect(rig.stores.marks("dead").isEmpty && provider.acknowledged.isEmpty)
    }

    @Test func aSinkThatFailedForGoodIsGivenEverythingFromDiskOnceItIsMadeAnew() async throws {
        let gate = Gate()
        var rig = Rig()
        let files = MemorySpill()
        rig.spill = files
        let board = rig.board
        let dead = RecordingSink { (_, _) async throws(PluginError) in
            board.retire(.sink, "out", "quarantined.")
            throw PluginError(.environment, "sink/out: quarantined.")
        }
        let new = RecordingSink()
        let provider = ArrayProvider((1...40).map { delivery([bar(0, $0)], $0) }) { if $0 == 30 { await gate.pass() } }
        let pipeline = rig.pipeline(provider, [Rig.sink("out", dead, capacity: 2, policy: .spill)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            await gate.isReached.wait()
            while pipeline.snapshot.sinks[0].offered < 30 || board.retired.isEmpty { await Task.yield() }
            let plan = pipeline.plan.with(sinks: [Rig.sink("out", new, capacity: 2, policy: .spill).instance(1)])
            _ = try await pipeline.apply(try await pipeline.prepare(plan))
            gate.open()
            try await group.waitForAll()
        }
        #expect(files.most > 20)
        #expect(new.rows.map { $0.time / day } == Array(1...40))
        #expect(pipeline.snapshot.sinks[0].delivered == 40 && pipeline.snapshot.addsUp)
        #expect(provider.acknowledged.last == "40")
    }

    @Test func whatSpillLosesComesWithTheNextRun() async throws {
        var rig = Rig()
        rig.spill = MemorySpill(damaging: true)
        let gate = Gate()
        let slow = RecordingSink { (call, _) async throws(PluginError) in
            if call == 1 { await gate.pass() }
            return .accepted
        }
        let provider = ArrayProvider((1...20).map { delivery([bar(0, $0)], $0) })
        let pipeline = rig.pipeline(provider, [Rig.sink("out", slow, capacity: 2, policy: .spill)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            while pipeline.snapshot.sinks[0].offered < 20 { await Task.yield() }
            gate.open()
            try await group.waitForAll()
        }
        let counters = pipeline.snapshot.sinks[0]
        #expect(counters.dropped["spill_failed"] ?? 0 > 0 && counters.addsUp)
        let missed = try #require(Set(1...20).subtracting(slow.rows.map { Int($0.time / day) }).min())
        #expect(rig.stores.marks("out")["I0.TEST"] ?? 0 < Int64(missed) * day)
    }

    @Test func spillKeepsAllRecordsInOrderBehindASlowSink() async throws {
        var rig = fullRig(workers: 2)
        let files = MemorySpill()
        rig.spill = files
        let (gate, bars) = (Gate(), walks(instruments: 4, days: 40, seed: 8))
        let slow = RecordingSink { (call, _) async throws(PluginError) in
            if call == 1 { await gate.pass() }
            return .accepted
        }
        let quick = RecordingSink()
        let provider = ArrayProvider(deliveries(bars, sizes: 1...5, seed: 3))
        let pipeline = rig.pipeline(
            provider,
            [
                Rig.sink("slow", slow, records: Rig.allRecords, capacity: 2, policy: .spill),
                Rig.sink("quick", quick, records: Rig.allRecords),
            ])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            while pipeline.snapshot.sinks[0].offered < bars.count { await Task.yield() }
            gate.open()
            try await group.waitForAll()
        }
        #expect(files.most > 10)
        let stable = { (rows: [SeenRow]) in
            Dictionary(grouping: rows) { [$0.kind.rawValue, "\($0.instrument, default: "")"] }
        }
        #expect(stable(slow.rows) == stable(quick.rows))
        let dropped = pipeline.snapshot.sinks[0].dropped
        #expect(
            pipeline.snapshot.addsUp && dropped.isEmpty, "\(dropped): \(rig.board.status(.sink, "slow")?.message ?? "")"
        )
    }

    @Test func whatIsMoreThanMayWaitOnDiskIsCountedAndComesWithTheNextRun() async throws {
        var rig = Rig()
        rig.spill = MemorySpill(limit: 500)
        let gate = Gate()
        let slow = RecordingSink { (call, _) async throws(PluginError) in
            if call == 1 { await gate.pass() }
            return .accepted
        }
        let provider = ArrayProvider((1...40).map { delivery([bar(0, $0)], $0) })
        let pipeline = rig.pipeline(provider, [Rig.sink("out", slow, capacity: 2, policy: .spill)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            while pipeline.snapshot.sinks[0].offered < 40 { await Task.yield() }
            gate.open()
            try await group.waitForAll()
        }
        let counters = pipeline.snapshot.sinks[0]
        #expect(counters.dropped["spill_full"] ?? 0 > 30 && counters.addsUp && counters.waiting == 0)
        #expect(counters.delivered + (counters.dropped["spill_full"] ?? 0) == 40)
        // The watermark is not past the first one that was given up.
        #expect(rig.stores.marks("out") == ["I0.TEST": Int64(counters.delivered) * day])
    }

    @Test func aSinkThatAsksForRowsAgainAndAgainIsNotOk() async throws {
        let rig = Rig()
        let states = SeenStates(rig.board)
        let sink = RecordingSink { (call, _) async throws(PluginError) in
            call < 9 ? WriteReceipt(retry: [0]) : .accepted
        }
        try await rig.pipeline(ArrayProvider([delivery([bar(0, 1)], 1)]), [Rig.sink("out", sink)]).run()
        #expect(states.all == ["degraded sink/out: it asks for 1 rows again and again.", "ok "])
    }

    @Test func whoWorksForOneKindOfRecordDoesNotWorkAgainWhileAnotherIsLost() async throws {
        var rig = fullRig()
        rig.patience = 2
        let states = SeenStates(rig.board)
        let sink = RecordingSink { (_, batch) async throws(PluginError) in
            guard batch.kind != .bars else { throw PluginError(.environment, "sink/out: 'bars.csv' cannot be opened.") }
            return .accepted
        }
        let bars = walks(instruments: 2, days: 20, seed: 1)
        let pipeline = rig.pipeline(
            ArrayProvider(deliveries(bars, sizes: 3...3, seed: 1)), [Rig.sink("out", sink, records: Rig.allRecords)])
        try await pipeline.run()
        #expect(!states.all.contains("ok ") && rig.board.status(.sink, "out")?.state == .degraded)
        #expect(pipeline.snapshot.sinks[0].dropped == ["write_failed": bars.count])
    }

    @Test func aCallThatLastsIsToldThenEndedAndTheRowsAreWrittenAgain() async throws {
        let clock = ManualClock()
        var rig = Rig()
        // The time that a call has to end by itself, and again once it is cancelled: far longer than a step of the clock.
        (rig.clock, rig.callLimit, rig.handover) = (clock, .seconds(60), .seconds(10_000))
        let states = SeenStates(rig.board)
        let sink = RecordingSink { (call, _) async throws(PluginError) in
            guard call == 1 else { return .accepted }
            await StopSignal().wait()
            throw PluginError(.cancelled, "sink/out: cancelled.")
        }
        let pipeline = rig.pipeline(
            ArrayProvider([delivery([bar(0, 1)], 1)]), [Rig.sink("out", sink, policy: .dropOldest)])
        // The clock stands still in the second: how long a call takes to end is the machine's affair. Where it went on before a sleep
        // began, that span is shorter by so much.
        let long = rig.handover / 2
        try await run(pipeline, clock) { sink.calls < 2 && clock.spans.count { $0 > long } < 2 }
        #expect(sink.rows.count == 1 && sink.calls == 2)
        #expect(
            states.all == [
                "degraded sink/out: a call takes more than a second; one that does not end is cancelled after 60 s.",
                "ok ",
            ])
        #expect(pipeline.snapshot.sinks[0].delivered == 1)
    }

    /// A call of two seconds after the other is one state, not two that take turns.
    @Test func aSinkWhoseEveryCallLastsStaysDegradedUntilOneDoesNot() async throws {
        let clock = ManualClock()
        var rig = Rig()
        (rig.clock, rig.callLimit) = (clock, .seconds(1 << 40))
        let states = SeenStates(rig.board)
        let sink = RecordingSink { (call, _) async throws(PluginError) in
            let start = ContinuousClock.now
            // As long as the sink's watch takes to see it, in its own time and in that of the machine.
            while call < 3, states.all.isEmpty || start.duration(to: .now) < .seconds(1) {
                try? await Task.sleep(for: .milliseconds(1))
            }
            return .accepted
        }
        let provider = ArrayProvider((1...4).map { delivery([bar(0, $0)], $0) })
        let pipeline = rig.pipeline(provider, [Rig.sink("out", sink, capacity: 1)])
        try await run(pipeline, clock) { sink.calls < 3 }
        #expect(sink.calls > 2 && sink.rows.count == 4)
        let told = states.all.map { $0.prefix(8) }
        #expect(told == ["degraded", "ok "], "\(states.all)")
    }

    @Test func aSinkThatIgnoresTheEndOfItsCallIsGivenUpAndHoldsNobody() async throws {
        let (clock, gate) = (ManualClock(), Gate())
        var rig = Rig()
        (rig.clock, rig.callLimit) = (clock, .seconds(60))
        let sink = RecordingSink { (_, _) async throws(PluginError) in
            await gate.pass()
            return .accepted
        }
        let quick = RecordingSink()
        let provider = ArrayProvider((1...30).map { delivery([bar(0, $0)], $0) })
        let pipeline = rig.pipeline(provider, [Rig.sink("out", sink, capacity: 2), Rig.sink("quick", quick)])
        let board = rig.board
        try await run(pipeline, clock) { board.status(.sink, "out")?.state != .failed }
        #expect(quick.rows.count == 30)
        let status = rig.board.status(.sink, "out")
        #expect(status?.state == .failed && status?.message.contains("the sink is given up") == true)
        #expect(pipeline.snapshot.sinks[0].dropped == ["given_up": 30] && pipeline.snapshot.addsUp)
        gate.open()
    }

    /// Runs a pipeline to its end; time goes on only while it must, so that no other call lasts on a slow machine.
    private func run(
        _ pipeline: Pipeline, _ clock: ManualClock, while goesOn: @escaping @Sendable () -> Bool
    ) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await pipeline.run()
                return true
            }
            group.addTask {
                while !Task.isCancelled {
                    await clock.waitForSleepers()
                    guard goesOn() else { return false }
                    clock.advance(by: .seconds(10))
                    try? await Task.sleep(for: .milliseconds(1))
                }
                return false
            }
            while try await group.next() == false {}
            group.cancelAll()
        }
    }
}

/// A spill file in memory.
final class MemorySpill: SpillFile {
    private let state = Mutex<(waiting: [[UInt8]], most: Int)>(([], 0))
    private let limit: Int
    private let isDamaging: Bool

    init(limit: Int = .max, damaging isDamaging: Bool = false) {
        self.limit = limit
        self.isDamaging = isDamaging
    }

    /// Most strings that waited at once.
    var most: Int { state.withLock { $0.most } }

    func append(_ bytes: [UInt8], limit: Int) throws(PluginError) -> Bool {
        state.withLock { state in
            guard state.waiting.reduce(bytes.count, { $0 + $1.count }) <= min(limit, self.limit) else { return false }
            state.waiting.append(bytes)
            state.most = max(state.most, state.waiting.count)
            return true
        }
    }

    func next() throws(PluginError) -> [UInt8]? {
        if isDamaging { throw PluginError(.corrupted, "spill: what waits is not what was written there.") }
        return state.withLock { $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }
    }

    func clear() { state.withLock { $0.waiting = [] } }
}
