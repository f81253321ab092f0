package import PluginKit

/// One pipeline, from a provider's stream to its sinks.
///
/// ```
/// provider -> Routing -> Quality -> Store -> Features -> Inference -> Risk -> Dispatch -> sink
///  (plugin)   split by   refuse     as-of    indicators   models      flags   a queue     (plugin)
///             instrument bad bars                                             per sink
/// ```
///
/// `RouteReceiver` numbers deliveries and hands each partition its share through one bounded queue. A `Partition` runs
/// quality to risk as direct calls. Store and sinks stand behind queues of their own. A stop closes the queues from front
/// to back, so whatever was received is delivered or counted.
package final class Pipeline: Sendable {
    /// What it is made of.
    package let plan: PipelinePlan
    /// What became of everything it was given.
    package let counters: FlowCounters
    private let services: PipelineServices
    private let ingest: [BoundedQueue<IngestItem>]
    private let ledger: AcknowledgementLedger
    private let header: RecordHeader
    private let isStopping = StopSignal()
    private let isOutOfTime = StopSignal()

    /// Creates a pipeline; nothing runs yet.
    package init(plan: PipelinePlan, services: PipelineServices) {
        self.plan = plan
        self.services = services
        counters = FlowCounters(
            pipeline: plan.id, models: plan.models.map(\.id), sinks: plan.sinks.map(\.id))
        ingest = (0..<plan.workers).map { _ in BoundedQueue(capacity: 64, policy: .block) }
        ledger = AcknowledgementLedger(outlets: plan.sinks.count + 1, partitions: plan.workers)
        header = RecordHeader(pipeline: plan.id, source: plan.providerID, timeframe: plan.timeframe)
    }

    /// Counters with what waits now.
    package var snapshot: FlowSnapshot {
        var snapshot = counters.snapshot
        snapshot.ingestWaiting = ingest.reduce(0) { $0 + $1.count }
        return snapshot
    }

    /// Runs until the provider's stream ends or `stop` is called, and everything received was delivered or counted.
    ///
    /// Throws the provider's fault after what it gave before was delivered. Cancelling the task gives up.
    package func run() async throws(PluginError) {
        let lanes = try await makeLanes()
        let store = makeStoreWriter()
        // Unstructured on purpose: cancelling the caller ends the waits in order, through `giveUp`, not all at once.
        let work = Task { await self.run(lanes, store) }
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

    private func run(_ lanes: [SinkLane], _ store: StoreWriter) async -> PluginError? {
        let sinks = lanes.map { lane in PluginTask { await self.run(lane) } }
        let storing = PluginTask { await store.run() }
        let fault = await withTaskGroup(of: Void.self) { group in
            // Ends the waits of workers before full queues; when they are done in time, it closes the queues behind them.
            group.addTask {
                await self.isOutOfTime.wait()
                store.queue.finish()
                for lane in lanes { lane.queue.finish() }
            }
            let fault = await self.feedAndProcess(lanes, store)
            group.cancelAll()
            return fault
        }
        await withTaskGroup(of: Void.self) { group in
            for (lane, sink) in zip(lanes, sinks) { group.addTask { await self.end(lane, sink) } }
            group.addTask { await self.end(storing) }
        }
        return fault
    }

    // MARK: Front

    private func feedAndProcess(_ lanes: [SinkLane], _ store: StoreWriter) async -> PluginError? {
        await withTaskGroup(of: Void.self) { workers in
            for index in ingest.indices {
                workers.addTask { await self.work(index, lanes, store) }
            }
            let fault = await self.feed()
            for queue in self.ingest { queue.finish() }
            await workers.waitForAll()
            return fault
        }
    }

    /// Lets the provider push until it ends, fails or the pipeline stops.
    private func feed() async -> PluginError? {
        let stream = PluginTask { await self.stream() }
        guard await !stream.wait(or: isStopping) else { return await stream.value(limit) ?? nil }
        stream.cancel()
        _ = await stream.value(limit)
        return nil
    }

    private func stream() async -> PluginError? {
        let receiver = RouteReceiver(
            partitions: ingest, ledger: ledger,
            clock: PipelineClock(isReplay: plan.isReplay, wallTime: services.wallTime), through: plan.through,
            acceptedAge: plan.acceptedAge, isStopping: isStopping)
        let subscription = Subscription(instruments: plan.instruments, kind: .bar, timeframe: plan.timeframe)
        do {
            try await plan.provider.stream(subscription, into: receiver)
            return nil
        } catch {
            return error.code == .cancelled ? nil : error
        }
    }

    // MARK: Middle

    private func work(_ index: Int, _ lanes: [SinkLane], _ store: StoreWriter) async {
        var partition = Partition(plan: plan, isKnown: plan.isKnown)
        while let item = await ingest[index].pop() {
            let output = partition.process(item)
            let tally = partition.tally
            counters.update { tally.add(to: &$0) }
            show(output)
            _ = await store.queue.push(
                StoreWriter.Item(
                    sequence: item.sequence, partition: index, bars: output.bars, refused: output.refused))
            for lane in lanes {
                await lane.offer(output, sequence: item.sequence, partition: index, header: header)
            }
        }
    }

    private func show(_ output: PartitionOutput) {
        services.latest.update(bars: output.bars, source: plan.providerID, timeframe: plan.timeframe)
        for batch in output.predictions { services.latest.update(predictions: batch, pipeline: plan.id) }
    }

    // MARK: Back

    private func run(_ lane: SinkLane) async {
        let runner = SinkRunner(lane: lane, partitions: ingest.count, environment: sinkEnvironment)
        await runner.run()
    }

    private var limit: TimeLimit {
        TimeLimit(signal: isOutOfTime, grace: .milliseconds(250), clock: services.clock)
    }

    private func end(_ lane: SinkLane, _ sink: PluginTask<Void>) async {
        guard await sink.value(limit) == nil else { return }
        let rows = counters.seal(sink: lane.index)
        services.board.set(
            .sink, lane.plan.id, .failed,
            "sink/\(lane.plan.id): a call did not end when the pipeline stopped; \(rows) rows count as stopped.")
    }

    private func end(_ storing: PluginTask<Void>) async {
        guard await storing.value(limit) == nil else { return }
        services.board.set(
            .provider, plan.providerID, .degraded,
            "pipeline/\(plan.id): the store did not end when the pipeline stopped; bars that waited were not kept.")
    }

    private func acknowledge(_ outlet: Int, _ partition: Int, _ sequence: UInt64) async {
        var next = ledger.finish(outlet: outlet, partition: partition, through: sequence)
        while let position = next {
            await plan.provider.acknowledge(position)
            next = ledger.told()
        }
    }

    private var sinkEnvironment: SinkEnvironment {
        let (services, plan) = (services, plan)
        return SinkEnvironment(
            flushRows: 16_384, patience: services.patience, isOutOfTime: isOutOfTime, clock: services.clock,
            report: { services.board.set(.sink, $0, $1, $2) },
            advance: { (sink, times) throws(PluginError) in
                let key = WatermarkKey(pipeline: plan.id, sink: sink.id, digest: sink.digest)
                var named: [Instrument: Int64] = [:]
                for (id, time) in times { named[plan.directory.instrument(id)] = time }
                try await services.watermarks.advance(key, to: named)
            },
            acknowledge: { await self.acknowledge($0, $1, $2) })
    }

    private func makeStoreWriter() -> StoreWriter {
        let (board, provider) = (services.board, plan.providerID)
        return StoreWriter(
            bars: services.bars, quarantine: services.quarantine, header: header, patience: services.patience,
            isOutOfTime: isOutOfTime, clock: services.clock,
            report: { board.set(.provider, provider, $0.isEmpty ? .ok : .degraded, $0) },
            acknowledge: { await self.acknowledge(self.plan.sinks.count, $0, $1) })
    }

    private func makeLanes() async throws(PluginError) -> [SinkLane] {
        var lanes: [SinkLane] = []
        for (index, sink) in plan.sinks.enumerated() {
            let key = WatermarkKey(pipeline: plan.id, sink: sink.id, digest: sink.digest)
            if sink.isEmpty { try await services.watermarks.forget(pipeline: plan.id, sink: sink.id) }
            let known = try await services.watermarks.watermarks(key)
            var durable = Array(repeating: Int64.min, count: plan.directory.count)
            for (instrument, time) in known {
                guard let id = plan.directory.id(of: instrument), Int(id.rawValue) < durable.count else { continue }
                durable[Int(id.rawValue)] = time
            }
            lanes.append(SinkLane(plan: sink, index: index, durable: durable, counters: counters))
        }
        return lanes
    }
}
