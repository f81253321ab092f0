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
    /// Where the data of each input comes from.
    package let routes: [Route]
    /// Where its driving events come from.
    package var route: Route { routes[0] }
    let services: PipelineServices
    let ingest: [BoundedQueue<PartitionInput>]
    let ledger: AcknowledgementLedger
    let lanes = Guarded<[SinkLane]>([])
    let tools: SinkTools
    /// One an input.
    let positions: [PositionKeeper]
    private let intake: Intake
    let state: Mutex<State>
    /// Thrown when no worker takes anything any more.
    let areWorkersDone = StopSignal()
    let isOutOfTime = StopSignal()
    /// Thrown when all that the provider had is through every partition, and it waits for more.
    package let isCaughtUp = StopSignal()
    private let isStopping = StopSignal()
    /// Tells keeper and provider of an input what is durable in the store and every sink.
    private let acknowledge: @Sendable (AcknowledgementLedger.Place) async -> Void
    /// Changes of the board before it was made, which are no business of its sinks.
    private let changesBefore: Int

    /// Creates a pipeline; nothing runs yet.
    package init(plan: PipelinePlan, services: PipelineServices) {
        self.services = services
        let counters = FlowCounters(
            pipeline: plan.id, inputs: plan.inputs, models: plan.models.map(\.id),
            sinks: plan.sinks.map(\.id))
        self.counters = counters
        ingest = (0..<plan.workers).map { _ in BoundedQueue(capacity: 64, policy: .block) }
        let inputs = plan.inputs
        routes = inputs.map { input in
            Route(
                input.route, pipeline: plan.scope(of: input), clock: services.clock, wallTime: services.wallTime,
                board: services.board, counters: counters, hours: services.tradingHours)
        }
        let ledger = AcknowledgementLedger(
            outlets: plan.sinks.count + 1, partitions: plan.workers, inputs: inputs.count)
        let positions = inputs.indices.map { PositionKeeper(plan, $0, services, ledger, counters) }
        let (tracer, id) = (services.tracer, plan.id)
        intake = Intake(ingest, ledger, inputs: inputs.count, isCaughtUp: isCaughtUp) { tracer?.trace(id, $0) }
        state = Mutex(State(plan: plan))
        changesBefore = services.board.changeCount
        // Providers alone: a closure that held the inputs would hold their first indicators to the end.
        let providers = inputs.map(\.route.first)
        acknowledge = { place in
            await positions[place.input].note(place.position)
            await providers[place.input].acknowledge(place.position)
        }
        tools = SinkTools(
            plan: plan, services: services, ledger: ledger, isOutOfTime: isOutOfTime, acknowledge: acknowledge)
        self.ledger = ledger
        self.positions = positions
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
        let keeping = PluginTask { await self.keepPositions() }
        let watch = services.callLimit.map { limit in
            SinkWatch(limit: limit, grace: services.handover, clock: services.clock, board: services.board)
        }
        let watching = PluginTask { await watch?.run(self.lanes) }
        let (changes, endChanges) = services.board.follow(after: changesBefore)
        let telling = PluginTask { await StatusFeed(pipeline: self).run(changes) }
        let closing = PluginTask { await self.closeSections(front) }
        let fault = await withTaskGroup(of: Void.self) { group in
            // Ends the waits of workers before full queues; when they are done in time, it closes the store's behind them.
            group.addTask {
                await self.isOutOfTime.wait()
                store.queue.finish()
                guard self.isOutOfTime.isFired else { return }
                for lane in self.lanes.value { lane.finish() }
            }
            let fault = await self.feedAndProcess(front, store)
            group.cancelAll()
            return fault
        }
        closing.cancel()
        areWorkersDone.fire()
        await endChange()
        endChanges()
        _ = await telling.value(limit)
        // First the store: what it finds to be revised goes to the sinks.
        await end(storing)
        for lane in lanes.value { lane.finish() }
        await withTaskGroup(of: Void.self) { group in
            for lane in lanes.value { group.addTask { await self.end(lane) } }
        }
        watching.cancel()
        for keeper in positions { keeper.finish() }
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
                        services: self.services)
                    await worker.run(taking: self.ingest[index])
                }
            }
            let fault = await self.feed(front)
            for queue in self.ingest { queue.finish() }
            await workers.waitForAll()
            return fault
        }
    }

    /// Lets the providers push until they end, fail or the pipeline stops.
    private func feed(_ plan: PipelinePlan) async -> PluginError? {
        let stream = PluginTask { await self.stream(plan) }
        guard await !stream.wait(or: isStopping) else { return await stream.value(limit) ?? nil }
        stream.cancel()
        intake.stop()
        _ = await stream.value(limit)
        return nil
    }

    /// Keeps the streams of all inputs going; returns the first fault for which one of them was given up.
    private func stream(_ plan: PipelinePlan) async -> PluginError? {
        let receivers = plan.inputs.indices.map { input in
            RouteReceiver(
                plan, input, intake: intake, ledger: ledger, wallTime: services.wallTime, isStopping: isStopping,
                hasEnded: positions[input].end)
        }
        do throws(PluginError) {
            let start = try await Resumption(self, lanes.value)
            let asked = plan.inputs.indices.dropFirst().filter {
                plan.inputs[$0].pull != nil && !plan.inputs[$0].isReplay
            }
            let hasAnswers = StopSignal()
            if !asked.isEmpty { for input in plan.inputs.indices { intake.release(input) } }
            return await withTaskGroup(of: PluginError?.self) { group in
                group.addTask {
                    await self.waitForAnswers(asked.map { receivers[$0] }, plan)
                    hasAnswers.fire()
                    return nil
                }
                for (input, receiver) in receivers.enumerated() {
                    group.addTask {
                        if !asked.contains(input) { await hasAnswers.wait() }
                        let fault = await self.stream(input, of: plan, receiver, start)
                        receiver.isFilled.fire()
                        await self.intake.ended(input)
                        return fault
                    }
                }
                return await group.reduce(nil) { $0 ?? $1 }
            }
        } catch {
            return error
        }
    }

    /// Waits until the inputs beside the driving one that are asked have brought their past, or could not: rows are joined with
    /// it. Meanwhile nobody waits for the others, which begin only then.
    private func waitForAnswers(_ asked: [RouteReceiver], _ plan: PipelinePlan) async {
        for receiver in asked { await receiver.isFilled.wait() }
        guard !asked.isEmpty else { return }
        for input in plan.inputs.indices where plan.inputs[input].isReplay { intake.expect(input) }
    }

    private func stream(
        _ input: Int, of plan: PipelinePlan, _ receiver: RouteReceiver, _ start: Resumption?
    ) async -> PluginError? {
        let own = plan.inputs[input]
        var supervisor = StreamSupervisor(
            plan, own, from: routes[input], receiver: receiver, clock: services.clock)
        do throws(PluginError) {
            if let start {
                supervisor.newest = try await start.play(input, services.events, to: receiver)
                counters.update { $0[input: input].refusedBefore = start.refused(input) }
            }
            if !own.isReplay { intake.release(input) }
            try await supervisor.run()
            if !isStopping.isFired, own.isReplay { try await receiver.finish() }
            if !isStopping.isFired, plan.through == .max { positions[input].end() }
            return nil
        } catch {
            return error
        }
    }

    private func keepPositions() async {
        await withTaskGroup(of: Void.self) { group in
            for keeper in positions { group.addTask { await keeper.run() } }
        }
    }

    /// For each input, whether the store has all the past that the provider's stream has, up to where an earlier run stood.
    package func hasPast() async throws(PluginError) -> [Bool] {
        var known: [Bool] = []
        for position in positions { known.append(try await position.stored()?.isWhole ?? false) }
        return known
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
        let (board, ledger, positions, acknowledge, counters) = (
            services.board, ledger, positions, acknowledge, counters
        )
        board.register(.store, plan.id, state: .ok)
        if board.status(.pipeline, plan.id) == nil { board.register(.pipeline, plan.id, state: .ok) }
        return StoreWriter(
            events: services.events, quarantine: services.quarantine, patience: services.patience,
            isOutOfTime: isOutOfTime, clock: services.clock,
            report: { board.set(.store, plan.id, $0.isEmpty ? .ok : .degraded, $0) },
            lose: { events in
                counters.update { $0.unstored += events }
                for keeper in positions { await keeper.lose() }
            },
            revise: { await self.revise($0, $1) },
            acknowledge: { await ledger.finish(outlet: 0, partition: $0, through: $1, tell: acknowledge) })
    }

    /// Stores events that were refused and are accepted after all, and gives them to the sinks as corrections are; returns whether
    /// it could take them. What is computed of events goes on without them, since indicators cannot go back.
    package func release(_ entry: StoreEntry) async -> Bool {
        guard let store = state.withLock({ $0.isEnding ? nil : $0.store }) else { return false }
        // Behind a mark: it belongs to no delivery, so nothing is acknowledged for it.
        let isWritten = StopSignal()
        // The instruments of its time were compared without it.
        let isLate = plan.driving.section != nil && entry.pipeline == plan.id
        let item = StoreWriter.Item(
            sequence: 0, partition: 0, entries: [isLate ? entry.marking(.late) : entry], mark: isWritten)
        if case .closed = await store.queue.push(item) { return false }
        await isWritten.wait()
        return true
    }

    /// Gives sinks what took the place of events that they have.
    private func revise(_ all: [Revision], _ sequence: UInt64) async {
        // Sinks are given nothing of the inputs beside the driving one.
        let revisions = all.filter { $0.pipeline == plan.id }
        guard !revisions.isEmpty else { return }
        let count = revisions.reduce(0) { $0 + $1.events.count }
        let isFirst = counters.revised(count)
        if isFirst {
            services.board.tell(
                "pipeline/\(plan.id): events that the store has came again with other values; it keeps both versions, and "
                    + "sinks are given the new ones with the flag 'revised'. What was computed from the old ones stays."
            )
        }
        for lane in lanes.value { await lane.offer(revisions, sequence: sequence) }
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
        let missed = try await DurableTimes.missed(sink, plan, services)
        let (counters, board, tools) = (counters, services.board, tools)
        let hold = DeliveryHold()
        let spill = services.spill.map { make in
            SpillQueue(make(plan.id, sink.id)) { rows in
                // Which rows these were nobody knows any more: nothing behind them counts as delivered.
                hold.holdAll()
                counters.update(sink: index) { sink in
                    sink.waiting -= rows
                    sink.dropped["spill_failed", default: 0] += rows
                }
            } report: {
                board.set(.sink, sink.id, .degraded, $0.message)
            }
        }
        return SinkLane(
            plan: sink, index: index, durable: durable, missed: missed, hold: hold, spill: spill,
            counters: counters
        ) { lane, turn in
            await tools.run(lane, turn)
        }
    }
}
