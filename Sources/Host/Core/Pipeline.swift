package import PluginKit
import Synchronization

/// One pipeline, from a provider's stream to its sinks.
///
/// ```
/// provider -> Routing -> Quality -> Store -> Features -> Inference -> Risk -> Dispatch -> sink
///  (plugin)   split by   refuse     as-of    indicators   models      flags   a queue     (plugin)
///             instrument bad bars                                             per sink
/// ```
///
/// `RouteReceiver` numbers deliveries and hands each partition its share through one bounded queue. A `PartitionWorker`
/// runs quality to risk as direct calls. Store and sinks stand behind queues of their own. A stop closes the queues from
/// front to back, so whatever was received is delivered or counted. `Pipeline+Change` swaps parts while it runs.
package final class Pipeline: Sendable {
    struct State {
        var plan: PipelinePlan
        /// The store's queue, while it runs.
        var store: StoreWriter?
        /// Thrown when the change under way has ended.
        var change: StopSignal?
        var isEnding = false
    }

    /// What became of everything it was given.
    package let counters: FlowCounters
    let services: PipelineServices
    let ingest: [BoundedQueue<PartitionInput>]
    let ledger: AcknowledgementLedger
    let lanes = Guarded<[SinkLane]>([])
    let tools: SinkTools
    let positions: PositionKeeper
    let state: Mutex<State>
    /// Thrown when no worker takes anything any more.
    let areWorkersDone = StopSignal()
    let isOutOfTime = StopSignal()
    /// Thrown when all that the provider had is through every partition, and it waits for more.
    package let isCaughtUp = StopSignal()
    private let header: RecordHeader
    private let isStopping = StopSignal()
    /// Changes of the board before it was made, which are no business of its sinks.
    private let changesBefore: Int

    /// Creates a pipeline; nothing runs yet.
    package init(plan: PipelinePlan, services: PipelineServices) {
        self.services = services
        counters = FlowCounters(
            pipeline: plan.id, models: plan.models.map(\.id), sinks: plan.sinks.map(\.id))
        ingest = (0..<plan.workers).map { _ in BoundedQueue(capacity: 64, policy: .block) }
        ledger = AcknowledgementLedger(outlets: plan.sinks.count + 1, partitions: plan.workers)
        header = RecordHeader(
            pipeline: plan.id, provenance: Provenance(source: plan.providerID), timeframe: plan.timeframe)
        state = Mutex(State(plan: plan))
        changesBefore = services.board.changeCount
        positions = PositionKeeper(plan, services, ledger)
        tools = SinkTools(
            plan: plan, services: services, ledger: ledger, positions: positions, isOutOfTime: isOutOfTime)
    }

    /// What it is made of now.
    package var plan: PipelinePlan { state.withLock { $0.plan } }

    /// Counters with what waits now.
    package var snapshot: FlowSnapshot {
        var snapshot = counters.snapshot
        snapshot.ingestWaiting = ingest.reduce(0) { $0 + $1.count }
        return snapshot
    }

    /// Whether it runs and takes changes.
    package var takesChanges: Bool { state.withLock { $0.store != nil && !$0.isEnding } && !isStopping.isFired }

    /// Runs until the provider's stream ends or `stop` is called, and everything received was delivered or counted.
    ///
    /// Throws the fault for which the provider was given up, after what it gave before was delivered. Cancelling the task
    /// gives up.
    package func run() async throws(PluginError) {
        let made = try await makeLanes()
        for lane in made { lane.start() }
        lanes.change { $0 = made }
        // Held to the end: what a change may replace is not in it, so that it is given back when it is replaced.
        let front = plan.front
        let store = makeStoreWriter(front)
        state.withLock { $0.store = store }
        // Unstructured on purpose: cancelling the caller ends the waits in order, through `giveUp`, not all at once.
        let work = Task { await self.run(front, store) }
        let fault = await withTaskCancellationHandler {
            await work.value
        } onCancel: {
            giveUp()
        }
        if let fault { throw fault }
    }

    /// Stops taking from the provider; what was received still goes out.
    package func stop() { isStopping.fire() }

    /// Ends every wait of a stop that took too long; rows left are counted as `stopped`.
    ///
    /// `run` returns soon after: a plugin call that goes on is cancelled, and left behind when it ignores that.
    package func giveUp() {
        isStopping.fire()
        isOutOfTime.fire()
    }

    private func run(_ front: PipelinePlan, _ store: StoreWriter) async -> PluginError? {
        let storing = PluginTask { await store.run() }
        let keeping = PluginTask { await self.positions.run() }
        let watch = services.callLimit.map { limit in
            SinkWatch(limit: limit, grace: services.handover, clock: services.clock, board: services.board)
        }
        let watching = PluginTask { await watch?.run(self.lanes) }
        let (changes, endChanges) = services.board.follow(after: changesBefore)
        let telling = PluginTask { await StatusFeed(pipeline: self).run(changes) }
        let fault = await withTaskGroup(of: Void.self) { group in
            // Ends the waits of workers before full queues; when they are done in time, it closes the queues behind them.
            group.addTask {
                await self.isOutOfTime.wait()
                store.queue.finish()
                for lane in self.lanes.value { lane.finish() }
            }
            let fault = await self.feedAndProcess(front, store)
            group.cancelAll()
            return fault
        }
        areWorkersDone.fire()
        await endChange()
        endChanges()
        _ = await telling.value(limit)
        for lane in lanes.value { lane.finish() }
        await withTaskGroup(of: Void.self) { group in
            for lane in lanes.value { group.addTask { await self.end(lane) } }
            group.addTask { await self.end(storing) }
        }
        watching.cancel()
        positions.finish()
        if await keeping.value(limit) == nil { keeping.cancel() }
        return fault
    }

    /// Lets a change that is under way end, and takes no other.
    private func endChange() async {
        let change = state.withLock { state in
            state.isEnding = true
            return state.change
        }
        await change?.wait()
    }

    // MARK: Front

    private func feedAndProcess(_ front: PipelinePlan, _ store: StoreWriter) async -> PluginError? {
        await withTaskGroup(of: Void.self) { workers in
            let lanes = lanes.value
            for index in ingest.indices {
                workers.addTask {
                    // Made here: a worker that the task captured would hold its first indicators to the end.
                    var worker = PartitionWorker(
                        index: index, plan: self.plan, lanes: lanes, store: store.queue, counters: self.counters,
                        services: self.services, header: self.header)
                    await worker.run(taking: self.ingest[index])
                }
            }
            let fault = await self.feed(front)
            for queue in self.ingest { queue.finish() }
            await workers.waitForAll()
            return fault
        }
    }

    /// Lets the provider push until it ends, fails or the pipeline stops.
    private func feed(_ plan: PipelinePlan) async -> PluginError? {
        let stream = PluginTask { await self.stream(plan) }
        guard await !stream.wait(or: isStopping) else { return await stream.value(limit) ?? nil }
        stream.cancel()
        _ = await stream.value(limit)
        return nil
    }

    private func stream(_ plan: PipelinePlan) async -> PluginError? {
        let receiver = RouteReceiver(
            partitions: ingest, ledger: ledger,
            clock: PipelineClock(
                isReplay: plan.isReplay, span: plan.timeframe.nanoseconds, wallTime: services.wallTime),
            kind: plan.kind, instruments: plan.directory.count, through: plan.through, acceptedAge: plan.acceptedAge,
            isStopping: isStopping, isCaughtUp: isCaughtUp, hasEnded: positions.end)
        var supervisor = StreamSupervisor(
            slot: plan.provider, pipeline: plan.id, instruments: plan.instruments, kind: plan.kind,
            timeframe: plan.timeframe, pull: plan.pull, policy: plan.policy,
            waitsForMore: plan.waitsForMore, receiver: receiver, clock: services.clock)
        do throws(PluginError) {
            // Of other kinds several events may have one time: what is durable of them no time alone can tell.
            if plan.kind == .bar, let mark = try await positions.stored() {
                supervisor.newest = try await playStore(plan, receiver)
                receiver.resume(after: mark.position)
            }
            try await supervisor.run()
            if !isStopping.isFired, plan.through == .max { positions.end() }
            return nil
        } catch {
            return error
        }
    }

    /// Whether the store has all the past that the provider's stream has, up to where an earlier run stood.
    package func hasPast() async throws(PluginError) -> Bool { try await positions.stored()?.isWhole ?? false }

    /// Plays what the store has, up to where an earlier run stood.
    private func playStore(
        _ plan: PipelinePlan, _ receiver: RouteReceiver
    ) async throws(PluginError) -> [InstrumentID: Int64] {
        let whole = self.plan
        let needs = lanes.value.map { lane in
            let streams = SinkPlan.streams(lane.plan.records, models: whole.models.map(\.id))
            // Of other kinds there may be no row for years; without one there is no watermark to tell by.
            let regular: Set<RecordKind> =
                whole.features.columns.isEmpty ? [.bars, .predictions] : [.bars, .features, .predictions]
            return (lane.durable, streams.filter { regular.contains($0.kind) })
        }
        let replay = StoreReplay(plan: whole, events: services.events, receiver: receiver) { instrument in
            needs.map { durable, streams in durable.settled(instrument, in: streams) }.min() ?? .max
        }
        return try await replay.run()
    }

    // MARK: Back

    private var limit: TimeLimit {
        TimeLimit(signal: isOutOfTime, grace: .milliseconds(250), clock: services.clock)
    }

    private func end(_ lane: SinkLane) async {
        guard await !lane.end(limit) else { return }
        let rows = lane.dropRest("stopped")
        let id = lane.plan.id
        services.board.set(
            .sink, id, .failed,
            "sink/\(id): a call did not end when the pipeline stopped; \(rows) rows are not confirmed, and the next run "
                + "delivers them again.")
    }

    private func end(_ storing: PluginTask<Void>) async {
        state.withLock { $0.store }?.queue.finish()
        guard await storing.value(limit) == nil else { return }
        let plan = plan
        services.board.set(
            .store, plan.id, .degraded,
            "pipeline/\(plan.id): the store did not end when the pipeline stopped; bars that waited were not kept.")
    }

    private func makeStoreWriter(_ plan: PipelinePlan) -> StoreWriter {
        let (board, ledger, positions) = (services.board, ledger, positions)
        board.register(.store, plan.id, state: .ok)
        if board.status(.pipeline, plan.id) == nil { board.register(.pipeline, plan.id, state: .ok) }
        return StoreWriter(
            events: services.events, quarantine: services.quarantine, patience: services.patience,
            isOutOfTime: isOutOfTime, clock: services.clock,
            report: { board.set(.store, plan.id, $0.isEmpty ? .ok : .degraded, $0) },
            lose: { await positions.lose() },
            acknowledge: {
                await ledger.finish(outlet: 0, partition: $0, through: $1) { position in
                    await positions.note(position)
                    await plan.provider.acknowledge(position)
                }
            })
    }

    private func makeLanes() async throws(PluginError) -> [SinkLane] {
        let plan = plan
        var made: [SinkLane] = []
        do {
            for (index, sink) in plan.sinks.enumerated() { made.append(try await makeLane(sink, index, plan)) }
            return made
        } catch {
            services.board.register(.store, plan.id)
            services.board.set(.store, plan.id, .failed, error.message)
            throw error
        }
    }

    /// Makes the lane of a sink; what is durable in it since an earlier run is not offered again.
    func makeLane(_ sink: SinkPlan, _ index: Int, _ plan: PipelinePlan) async throws(PluginError) -> SinkLane {
        let durable = try await DurableTimes.read(sink, plan, services)
        let (counters, board, tools) = (counters, services.board, tools)
        let spill = services.spill.map { make in
            SpillQueue(make(plan.id, sink.id)) { rows in
                counters.update(sink: index) { sink in
                    sink.waiting -= rows
                    sink.dropped["spill_failed", default: 0] += rows
                }
            } report: {
                board.set(.sink, sink.id, .degraded, $0.message)
            }
        }
        return SinkLane(plan: sink, index: index, durable: durable, spill: spill, counters: counters) { lane, turn in
            await tools.run(lane, turn)
        }
    }
}
