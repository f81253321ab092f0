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
        for lane in swap.added { lanes.start(lane) }
        outcome.pause = await swapPartitions(change, swap)
        state.withLock { $0.plan = change.plan }
        let (kept, plan) = (swap, change.plan)
        await withTaskGroup(of: [String].self) { group in
            for (old, new) in kept.replaced { group.addTask { await self.handOver(old, to: new, plan) } }
            for old in kept.removed { group.addTask { await self.retire(old) } }
            for (lane, sink) in kept.kept { group.addTask { await self.rename(lane, to: sink.digest, plan) } }
            for await warnings in group { outcome.warnings += warnings }
        }
        return outcome
    }

    /// The lanes of a change.
    private struct Swap {
        var kept: [(lane: SinkLane, plan: SinkPlan)] = []
        var replaced: [(old: SinkLane, new: SinkLane)] = []
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
        for (sink, place) in zip(plan.sinks, places) {
            guard let lane = lanes.lane(of: sink.id) else {
                swap.added.append(try await makeLane(sink, place, plan))
                swap.all.append(swap.added[swap.added.count - 1])
                continue
            }
            if lane.plan.isSame(as: sink) {
                swap.kept.append((lane, sink))
                swap.all.append(lane)
            } else {
                swap.replaced.append((lane, SinkLane(sink, after: lane)))
                swap.all.append(swap.replaced[swap.replaced.count - 1].new)
            }
        }
        swap.removed = lanes.all.map(\.lane).filter { lane in !plan.sinks.contains { $0.id == lane.plan.id } }
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
                ledger.enter(outlet: lane.index + 1, partition: worker.index, after: worker.sequence)
            }
            pauses.change { $0.append(start.duration(to: clock.now)) }
        }
        // The stream has ended: partitions that were not reached use the old lanes until they are done.
        if !isWhole { await areWorkersDone.wait() }
        return pauses.value.max() ?? .zero
    }

    /// Ends the old sink's runner after the batch in its hands, and gives the rest to the new one.
    private func handOver(_ old: SinkLane, to new: SinkLane, _ plan: PipelinePlan) async -> [String] {
        var warnings: [String] = []
        old.isHandedOver.fire()
        old.finish()
        if let entry = lanes.remove(old), await entry.task.value(handoverLimit) == nil {
            let rows = old.abandon("replaced", includingQueue: false)
            warnings.append(
                "sink/\(old.plan.id): a call of the one before did not end; \(rows) rows count as replaced. The next run "
                    + "delivers them again.")
        }
        warnings += await carry(old.plan.id, from: old.digest, to: new.digest, plan)
        lanes.start(new)
        return warnings
    }

    /// Lets a sink that was taken out have what waits.
    private func retire(_ old: SinkLane) async -> [String] {
        old.finish()
        defer { ledger.leave(outlet: old.index + 1) }
        guard let entry = lanes.remove(old), await entry.task.value(handoverLimit) == nil else { return [] }
        let rows = old.abandon("stopped", includingQueue: true)
        return ["sink/\(old.plan.id): it did not take what waited in time; \(rows) rows count as stopped."]
    }

    /// Gives a lane that stays the digest of what it is given from now on.
    private func rename(_ lane: SinkLane, to digest: String, _ plan: PipelinePlan) async -> [String] {
        let before = lane.digest
        guard before != digest else { return [] }
        lane.digest = digest
        return await carry(lane.plan.id, from: before, to: digest, plan)
    }

    /// Copies a sink's watermarks under its new digest, so that a restart goes on from here.
    private func carry(_ sink: String, from old: String, to new: String, _ plan: PipelinePlan) async -> [String] {
        guard old != new else { return [] }
        do {
            let known = try await services.watermarks.watermarks(
                WatermarkKey(pipeline: plan.id, sink: sink, digest: old))
            if !known.isEmpty {
                try await services.watermarks.advance(
                    WatermarkKey(pipeline: plan.id, sink: sink, digest: new), to: known)
            }
            return []
        } catch {
            return ["sink/\(sink): its watermarks were not carried over; a restart delivers again. \(error.message)"]
        }
    }

    /// A sink that another one replaces has its grace at once.
    private var handoverLimit: TimeLimit {
        let now = StopSignal()
        now.fire()
        return TimeLimit(signal: now, grace: services.handover, clock: services.clock)
    }
}
