import HostCore
import PluginKit
import Testing

/// A running pipeline goes over to another plan: nothing is lost, doubled or reordered.
struct ChangeTests {
    /// A provider that stands still before its deliveries from `half` on, until the gate is opened.
    private func halting(_ bars: [Bar], at half: Int, _ gate: Gate, size: Int = 5) -> ArrayProvider {
        let all = stride(from: 0, to: bars.count, by: size).enumerated().map { number, start in
            delivery(Array(bars[start..<min(start + size, bars.count)]), number + 1)
        }
        return ArrayProvider(all) { number in if number * size == half { await gate.pass() } }
    }

    /// Runs a pipeline, changes it while the provider stands still, and lets it end.
    private func run(
        _ rig: Rig, _ bars: [Bar], sinks: [SinkPlan],
        change: @escaping @Sendable (Pipeline) async throws -> Void
    ) async throws -> (pipeline: Pipeline, provider: ArrayProvider) {
        let gate = Gate()
        let provider = halting(bars, at: bars.count / 10 * 5, gate)
        let pipeline = rig.pipeline(provider, sinks)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            await gate.isReached.wait()
            try await change(pipeline)
            gate.open()
            try await group.waitForAll()
        }
        return (pipeline, provider)
    }

    private func stable(_ rows: [SeenRow]) -> [InstrumentID?: [SeenRow]] {
        Dictionary(grouping: rows) { $0.instrument }
    }

    @Test(arguments: [1, 3], [[2, 0], []])
    func aNewIndicatorGoesOnAsIfItHadAlwaysBeenThere(workers: Int, known: [Int]) async throws {
        let bars = walks(instruments: 4, days: 60, seed: 5)
        let all: [(id: String, prototype: any Indicator<Bar>)] = [
            ("roll", RollingCloses(period: 3)), ("late", RollingCloses(period: 20)), ("count", EventCount()),
        ]
        var whole = fullRig(workers: workers)
        (whole.features, whole.models) = (FeaturePlan(all), [])
        let expected = RecordingSink()
        try await whole.pipeline(
            ArrayProvider(deliveries(bars, sizes: 5...5, seed: 1)), [Rig.sink("out", expected, records: [.features])]
        ).run()

        var rig = fullRig(workers: workers)
        (rig.features, rig.models) = (FeaturePlan(known.map { all[$0] }), [])
        let sink = RecordingSink()
        let (pipeline, _) = try await run(rig, bars, sinks: [Rig.sink("out", sink, records: [.features])]) { pipeline in
            let plan = pipeline.plan.with(features: FeaturePlan(all))
            let outcome = try await pipeline.apply(try await pipeline.prepare(plan))
            #expect(outcome.warnings.isEmpty)
        }
        #expect(pipeline.snapshot.addsUp)
        // Rows from after the change have five columns and are bit for bit those of a run with all from the start.
        let after = sink.rows.filter { $0.bits.count == 5 }
        let same = Set(expected.rows.map { "\($0.instrument?.rawValue ?? 0) \($0.time) \($0.bits)" })
        #expect(after.count > bars.count / 3)
        #expect(after.allSatisfy { same.contains("\($0.instrument?.rawValue ?? 0) \($0.time) \($0.bits)") })
        #expect(known.isEmpty || sink.rows.count == bars.count)
    }

    @Test func anIndicatorThatWasReplacedIsGivenBackWhileThePipelineRuns() async throws {
        var rig = fullRig()
        let token = Guarded<HeldCount.Token?>(HeldCount.Token())
        weak let held = token.value
        (rig.features, rig.models) = (FeaturePlan([("count", HeldCount(token.value))]), [])
        let pipelineRig = Guarded<Rig?>(rig)
        rig.features = FeaturePlan([])
        let gate = Gate()
        let pipeline = try #require(pipelineRig.value)
            .pipeline(halting((1...20).map { bar(0, $0) }, at: 10, gate), [Rig.sink("out", RecordingSink())])
        pipelineRig.change { $0 = nil }
        token.change { $0 = nil }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            await gate.isReached.wait()
            #expect(held != nil)
            let plan = pipeline.plan.with(features: FeaturePlan([("other", EventCount())]))
            _ = try await pipeline.apply(try await pipeline.prepare(plan))
            #expect(held == nil)
            gate.open()
            try await group.waitForAll()
        }
    }

    @Test func barsAcceptedDuringTheWarmUpReachTheNewIndicator() async throws {
        var rig = fullRig()
        (rig.features, rig.models) = (FeaturePlan([("roll", RollingCloses(period: 3))]), [])
        let (gate, later) = (Gate(), Gate())
        let bars = (1...30).map { bar(0, $0) }
        let provider = ArrayProvider(bars.enumerated().map { delivery([$0.element], $0.offset + 1) }) { number in
            if number == 10 { await gate.pass() }
            if number == 20 { await later.pass() }
        }
        let sink = RecordingSink()
        let pipeline = rig.pipeline(provider, [Rig.sink("out", sink, records: [.features])])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            await gate.isReached.wait()
            let plan = pipeline.plan.with(
                features: FeaturePlan([("roll", RollingCloses(period: 3)), ("count", EventCount())]))
            let change = try await pipeline.prepare(plan)
            gate.open()
            await later.isReached.wait()
            _ = try await pipeline.apply(change)
            later.open()
            try await group.waitForAll()
        }
        let counts = sink.rows.filter { $0.bits.count == 3 }.map { Double(bitPattern: $0.bits[2]) }
        #expect(counts == (21...30).map(Double.init))
    }

    @Test func aSinkInAnothersPlaceTakesOverWhatWaits() async throws {
        let (gate, isFull) = (Gate(), StopSignal())
        let old = RecordingSink { (call, _) async throws(PluginError) in
            if call == 3 {
                isFull.fire()
                await gate.pass()
            }
            return .accepted
        }
        let new = RecordingSink()
        let bars = walks(instruments: 3, days: 40, seed: 2)
        var rig = Rig()
        rig.workers = 2
        (rig.clock, rig.handover) = (ContinuousClock(), .seconds(600))
        let (pipeline, provider) = try await run(rig, bars, sinks: [Rig.sink("out", old, capacity: 100)]) { pipeline in
            await isFull.wait()
            let plan = pipeline.plan.with(sinks: [Rig.sink("out", new, capacity: 50).instance(1)])
            async let outcome = pipeline.apply(try await pipeline.prepare(plan))
            gate.open()
            #expect(try await outcome.warnings.isEmpty)
        }
        #expect(!old.rows.isEmpty && !new.rows.isEmpty)
        #expect(
            stable(old.rows + new.rows).values.allSatisfy { rows in
                let times = rows.map(\.time)
                return times == times.sorted() && Set(times).count == times.count
            })
        #expect(old.rows.count + new.rows.count == bars.count)
        #expect(pipeline.snapshot.addsUp && pipeline.snapshot.sinks.map(\.id) == ["out"])
        #expect(pipeline.snapshot.sinks[0].delivered == bars.count)
        #expect(provider.acknowledged.last == "\((bars.count + 4) / 5)")
    }

    @Test func aSinkThatFailsForEverLeavesItsRowsToTheOneAfterIt() async throws {
        let failed = StopSignal()
        let old = RecordingSink { (_, _) async throws(PluginError) in
            failed.fire()
            throw PluginError(.transient, "sink/out: no route.")
        }
        let new = RecordingSink()
        let bars = walks(instruments: 2, days: 30, seed: 9)
        let (pipeline, _) = try await run(Rig(), bars, sinks: [Rig.sink("out", old, capacity: 100)]) { pipeline in
            await failed.wait()
            let plan = pipeline.plan.with(sinks: [Rig.sink("out", new).instance(1)])
            _ = try await pipeline.apply(try await pipeline.prepare(plan))
        }
        #expect(new.rows.map(\.time) == bars.map(\.time))
        #expect(old.rows.isEmpty && pipeline.snapshot.addsUp)
    }

    @Test func aSinkThatHangsIsLeftBehindAndTheNewOneIsGivenItsRows() async throws {
        let gate = Gate()
        let old = RecordingSink { (_, _) async throws(PluginError) in
            await gate.pass()
            return .accepted
        }
        let new = RecordingSink()
        let bars = (1...40).map { bar(0, $0) }
        var rig = Rig()
        rig.clock = ImmediateClock()
        let (pipeline, provider) = try await run(rig, bars, sinks: [Rig.sink("out", old, capacity: 100)]) { pipeline in
            await gate.isReached.wait()
            let plan = pipeline.plan.with(sinks: [Rig.sink("out", new).instance(1)])
            let outcome = try await pipeline.apply(try await pipeline.prepare(plan))
            #expect(outcome.warnings.count == 1 && outcome.warnings[0].contains("are given to the new one too"))
        }
        let counters = pipeline.snapshot.sinks[0]
        #expect(counters.addsUp && counters.delivered == bars.count)
        // The rows in the call are given to the new one as well, so none is missing.
        #expect(new.rows.map(\.time) == bars.map(\.time))
        #expect(provider.acknowledged.last == "8" && rig.stores.marks("out") == ["I0.TEST": 40 * day])
        gate.open()
        await old.waitForRows(1)
        #expect(pipeline.snapshot.sinks[0] == counters)
    }

    @Test func sinksComeAndGoAndEveryRowIsCounted() async throws {
        let (first, second) = (RecordingSink(), RecordingSink())
        let bars = walks(instruments: 3, days: 40, seed: 4)
        let (pipeline, provider) = try await run(
            Rig(), bars, sinks: [Rig.sink("gone", first)]
        ) { pipeline in
            let plan = pipeline.plan.with(sinks: [Rig.sink("come", second)])
            _ = try await pipeline.apply(try await pipeline.prepare(plan))
        }
        let flow = pipeline.snapshot
        #expect(flow.addsUp && flow.sinks.map(\.id) == ["gone", "come"])
        #expect(first.rows.map(\.time) + second.rows.map(\.time) == bars.map(\.time))
        #expect(!first.rows.isEmpty && !second.rows.isEmpty)
        #expect(provider.acknowledged.last == "\((bars.count + 4) / 5)")
    }

    @Test(arguments: [1, 4]) func modelsComeAndGoAndTheCountersAddUp(workers: Int) async throws {
        var rig = fullRig(workers: workers)
        rig.models = [Rig.model("old", [2])]
        let sink = RecordingSink()
        let bars = walks(instruments: 4, days: 30, seed: 3)
        let (pipeline, _) = try await run(rig, bars, sinks: [Rig.sink("out", sink, records: [.predictions])]) {
            pipeline in
            let plan = pipeline.plan.with(models: [Rig.model("new", [2]), Rig.model("sum", [0, 2])])
            _ = try await pipeline.apply(try await pipeline.prepare(plan))
        }
        let flow = pipeline.snapshot
        #expect(flow.addsUp && flow.models.map(\.id) == ["old", "new", "sum"])
        let (old, new) = (flow.models[0], flow.models[1])
        #expect(old.predicted > 0 && new.predicted > 0 && old.predicted + new.predicted == bars.count)
        #expect(old.notPredicted["model_not_in_pipeline"] == new.predicted)
    }

    @Test func aSinkThatStaysGoesOnUnderTheNewDigest() async throws {
        let rig = Rig()
        let sink = RecordingSink()
        let bars = (1...20).map { bar(0, $0) }
        _ = try await run(rig, bars, sinks: [Rig.sink("out", sink)]) { pipeline in
            let plan = pipeline.plan.with(sinks: [Rig.sink("out", sink).digest("e")])
            _ = try await pipeline.apply(try await pipeline.prepare(plan))
        }
        let key = WatermarkKey(pipeline: "main", sink: "out", digest: "e/bars")
        #expect(try await rig.stores.watermarks(key).values.map(\.time) == [20 * day])
        #expect(sink.rows.count == 20)
    }

    @Test func aPipelineThatHasEndedTakesNoChange() async throws {
        let pipeline = Rig().pipeline(ArrayProvider([delivery([bar(0, 1)], 1)]), [])
        #expect(!pipeline.takesChanges)
        try await pipeline.run()
        #expect(!pipeline.takesChanges)
        let plan = pipeline.plan.with(features: FeaturePlan([("count", EventCount())]))
        let error = await #expect(throws: PluginError.self) { try await pipeline.prepare(plan) }
        #expect(error?.code == .cancelled)
    }

    @Test func aHundredChangesInARowLoseNothing() async throws {
        let bars = (1...2_000).map { bar($0 % 4, $0 / 4 + 1) }
        let sinks = (0..<101).map { _ in RecordingSink() }
        var rig = Rig()
        rig.workers = 2
        let told = Guarded<[String]>([])
        // Beyond it the rows of a call that does not end go to both sinks; a starved machine may take long.
        (rig.clock, rig.handover) = (ContinuousClock(), .seconds(600))
        let (gate, provider) = (Gate(), ArrayProvider(bars.enumerated().map { delivery([$0.element], $0.offset + 1) }))
        let pipeline = rig.pipeline(provider, [Rig.sink("out", sinks[0], capacity: 4)])
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await pipeline.run() }
            group.addTask {
                for number in 1...100 where pipeline.takesChanges {
                    let plan = pipeline.plan.with(sinks: [Rig.sink("out", sinks[number], capacity: 4).instance(number)])
                    guard let change = try? await pipeline.prepare(plan) else { return }
                    let outcome = try? await pipeline.apply(change)
                    told.change { $0 += outcome?.warnings ?? [] }
                }
            }
            gate.open()
            try await group.waitForAll()
        }
        let rows = sinks.flatMap(\.rows)
        #expect(rows.count == bars.count && pipeline.snapshot.addsUp, "\(rows.count) rows; \(told.value)")
        #expect(stable(rows).values.allSatisfy { $0.map(\.time) == $0.map(\.time).sorted() })
    }
}
