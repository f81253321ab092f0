package import PluginKit
import Synchronization

extension Pipeline {
    /// Goes over to a prepared plan at the boundary between two deliveries; nothing is lost, doubled or reordered.
    ///
    /// The plan has the same provider, instruments, timeframe and workers. A sink in another one's place takes over what
    /// waits; one that is taken out gets what waits, within the grace. Throws `.cancelled`, with nothing changed, where
    /// the pipeline is ending, and a fault of the watermark store.
    package func apply(_ change: PipelineChange) async throws(PluginError) -> ChangeOutcome {
        let isDone = try beginChange()
        defer { endChange(isDone) }
        var outcome = ChangeOutcome(warnings: change.warnings)
        let swap = try await makeSwap(change.plan)
        let added = swap.added
        for lane in added { lane.start() }
        lanes.change { $0 += added }
        outcome.pause = await swapPartitions(change, swap)
        state.withLock { $0.plan = change.plan }
        let (kept, plan) = (swap, change.plan)
        await withTaskGroup(of: [String].self) { group in
            for (lane, sink) in kept.replaced { group.addTask { await self.exchange(lane, sink, plan) } }
            for lane in kept.removed { group.addTask { await self.retire(lane) } }
            for (lane, sink) in kept.kept { group.addTask { await self.rename(lane, sink, plan) } }
            for await warnings in group { outcome.warnings += warnings }
        }
        return outcome
    }

    /// The lanes of a change.
    private struct Swap {
        var kept: [(lane: SinkLane, plan: SinkPlan)] = []
        var replaced: [(lane: SinkLane, plan: SinkPlan)] = []
        var added: [SinkLane] = []
        var removed: [SinkLane] = []
        var modelPlaces: [Int] = []
        /// In the order of the plan.
        var all: [SinkLane] = []
    }

    private func beginChange() throws(PluginError) -> StopSignal {
        let isDone = StopSignal()
        let isFree = state.withLock { state in
            guard state.store != nil, !state.isEnding, state.change == nil else { return false }
            state.change = isDone
            return true
        }
        guard isFree else { throw ending }
        return isDone
    }

    private func endChange(_ isDone: StopSignal) {
        state.withLock { $0.change = nil }
        isDone.fire()
    }

    private func makeSwap(_ plan: PipelinePlan) async throws(PluginError) -> Swap {
        var swap = Swap()
        swap.modelPlaces = counters.places(ofModels: plan.models.map(\.id))
        let places = counters.places(ofSinks: plan.sinks.map(\.id))
        ledger.grow(toOutlets: (places.max() ?? -1) + 2)
        let before = lanes.value
        for (sink, place) in zip(plan.sinks, places) {
            guard let lane = before.first(where: { $0.plan.id == sink.id }) else {
                swap.added.append(try await makeLane(sink, place, plan))
                swap.all.append(swap.added[swap.added.count - 1])
                continue
            }
            swap.all.append(lane)
            if lane.plan.isSame(as: sink) { swap.kept.append((lane, sink)) } else { swap.replaced.append((lane, sink)) }
        }
        swap.removed = before.filter { lane in !plan.sinks.contains { $0.id == lane.plan.id } }
        return swap
    }

    /// Returns the longest pause; when it returns no partition uses an old lane any more.
    private func swapPartitions(_ change: PipelineChange, _ swap: Swap) async -> Duration {
        let pauses = Guarded<[Duration]>([])
        let (ledger, added, all, places) = (ledger, swap.added, swap.all, swap.modelPlaces)
        let isWhole = await order { worker in
            let clock = ContinuousClock()
            let start = clock.now
            worker.adopt(change.plan, modelPlaces: places, warmed: change.warmed, lanes: all)
            for lane in added {
                ledger.enter(outlet: lane.index + 1, partition: worker.index, after: worker.offered)
            }
            pauses.change { $0.append(start.duration(to: clock.now)) }
        }
        // The stream has ended: partitions that were not reached use the old lanes until they are done.
        if !isWhole { await areWorkersDone.wait() }
        return pauses.value.max() ?? .zero
    }

    /// Lets another sink take the place of a lane's between two calls; it is given what is not delivered.
    private func exchange(_ lane: SinkLane, _ sink: SinkPlan, _ plan: PipelinePlan) async -> [String] {
        let before = lane.plan
        // What the board says of the one before is not said of this one.
        if let status = services.board.status(.sink, sink.id), status.isRetired {
            services.board.register(.sink, sink.id, plugin: status.plugin, state: .starting)
        }
        let rows = await lane.exchange(sink, handoverLimit)
        let warnings = await carry(before, to: sink, plan)
        guard rows > 0 else { return warnings }
        return [
            "sink/\(sink.id): a call of the one before did not end; the \(rows) rows in it are given to the new one too."
        ] + warnings
    }

    /// Lets a sink that was taken out have what waits.
    private func retire(_ lane: SinkLane) async -> [String] {
        defer {
            lanes.change { lanes in lanes.removeAll { $0 === lane } }
            ledger.leave(outlet: lane.index + 1)
        }
        guard await !lane.end(handoverLimit) else { return [] }
        let rows = lane.dropRest("stopped")
        return ["sink/\(lane.plan.id): it did not take what waited in time; \(rows) rows count as not delivered."]
    }

    /// Gives a lane that stays the digests of what it is given from now on.
    private func rename(_ lane: SinkLane, _ sink: SinkPlan, _ plan: PipelinePlan) async -> [String] {
        let before = lane.plan
        lane.rename(sink)
        return await carry(before, to: sink, plan)
    }

    /// Copies a sink's watermarks under its new digests, so that a restart goes on from here.
    private func carry(_ old: SinkPlan, to new: SinkPlan, _ plan: PipelinePlan) async -> [String] {
        var marks: [WatermarkKey: [Instrument: EventMark]] = [:]
        do {
            let streams = SinkPlan.streams(new.records, models: plan.models.map(\.id))
            for stream in streams + new.records.map({ RecordStream($0, isRevised: true) })
            where old.digests[stream] != new.digests[stream] {
                let known = try await services.watermarks.watermarks(
                    WatermarkKey(pipeline: plan.id, sink: old.id, digest: old.digests[stream]))
                if !known.isEmpty {
                    marks[WatermarkKey(pipeline: plan.id, sink: new.id, digest: new.digests[stream])] = known
                }
            }
            try await services.watermarks.advance(marks)
            return []
        } catch {
            return ["sink/\(new.id): its watermarks were not carried over; a restart delivers again. \(error.message)"]
        }
    }

    /// A sink that another one replaces has its grace at once.
    private var handoverLimit: TimeLimit {
        let now = StopSignal()
        now.fire()
        return TimeLimit(signal: now, grace: services.handover, clock: services.clock)
    }
}
