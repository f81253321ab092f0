package import PluginKit

/// A change of a running pipeline, ready to be applied: the plan it goes over to, and new indicators warmed up.
package struct PipelineChange: Sendable {
    /// What it will be made of.
    package let plan: PipelinePlan
    /// What the user should know of the warm-up, a sentence each.
    package let warnings: [String]
    let warmed: (any InputStage)?
}

/// What became of a change.
package struct ChangeOutcome: Sendable {
    /// The longest time one of the partitions stood still.
    package var pause: Duration = .zero
    /// What the user should know, a sentence each.
    package var warnings: [String] = []
}

extension Pipeline {
    /// Events that new indicators are warmed up with at most, of one instrument and of all together.
    package static let warmUpLimit = (one: 20_000, all: 200_000)
    /// Events that may wait in the journals when the swap begins: they are fed while the partition stands still.
    private static let journalRest = 256

    /// Warms up what a plan adds, beside the running pipeline; nothing changes yet.
    ///
    /// New indicators see what the store has of the pipeline's instruments, then what is accepted meanwhile. Apply the
    /// change, or `discard` it. Throws `.cancelled` where the pipeline is ending or the task is cancelled.
    package func prepare(_ plan: PipelinePlan) async throws(PluginError) -> PipelineChange {
        let missing = plan.features.columns(missingIn: self.plan.features)
        guard !missing.columns.isEmpty else { return PipelineChange(plan: plan, warnings: [], warmed: nil) }
        let journals = ingest.map { _ in EventJournal() }
        do {
            var stage = plan.driving.stage(missing)
            let warnings = try await feedPast(plan, to: &stage, journals)
            for _ in 0..<1_000 where journals.contains(where: { $0.count > Self.journalRest }) {
                for journal in journals { for batch in journal.take() { stage.feed(batch) } }
            }
            return PipelineChange(plan: plan, warnings: warnings, warmed: stage)
        } catch {
            await discard()
            throw error
        }
    }

    /// Ends what `prepare` began.
    package func discard() async { _ = await order { $0.endJournal() } }

    private func feedPast(
        _ plan: PipelinePlan, to stage: inout any InputStage, _ journals: [EventJournal]
    ) async throws(PluginError) -> [String] {
        let marks = ingest.map { _ in StopSignal() }
        let times = Guarded<[InstrumentID: Int64]>([:])
        let isWhole = await order { worker in
            let last = await worker.begin(journals[worker.index], mark: marks[worker.index])
            times.change { $0.merge(last) { max($0, $1) } }
        }
        guard isWhole else { throw ending }
        for mark in marks { await mark.wait() }
        var cut = 0
        let limit = max(1_000, min(Self.warmUpLimit.one, Self.warmUpLimit.all / max(1, times.value.count)))
        for (id, last) in times.value.sorted(by: { $0.key < $1.key }) {
            guard !Task.isCancelled else { throw ending }
            let past = try await self.past(plan.kind.type, of: id, plan, through: last, limit)
            if past.count == limit { cut += 1 }
            for start in stride(from: 0, to: past.count, by: 1_024) {
                stage.feed(past[start..<min(start + 1_024, past.count)])
            }
        }
        guard cut > 0 else { return [] }
        return [
            "pipeline/\(plan.id): new indicators saw the last \(limit) stored events of \(cut) instruments, which "
                + "have more; a restart warms them up with all."
        ]
    }

    /// Returns the last events that the store has of an instrument in this pipeline.
    private func past<Event: MarketEvent>(
        _ type: Event.Type, of id: InstrumentID, _ plan: PipelinePlan, through last: Int64, _ limit: Int
    ) async throws(PluginError) -> EventBatch {
        let query = EventQuery(
            instrument: plan.directory.instrument(id), timeframe: plan.timeframe, pipeline: plan.id,
            range: .min...last, limit: limit)
        return Event.batch(try await services.events.events(type, query).map(\.event))
    }

    var ending: PluginError {
        PluginError(.cancelled, "pipeline/\(plan.id): it is ending and takes no change. Try again when it has.")
    }

    /// Lets every partition carry out an order between two deliveries; returns whether all did.
    func order(_ work: @escaping @Sendable (inout PartitionWorker) async -> Void) async -> Bool {
        await withTaskGroup(of: Bool.self) { group in
            for queue in ingest {
                group.addTask {
                    let isDone = StopSignal()
                    let order = PartitionOrder { worker in
                        await work(&worker)
                        isDone.fire()
                    }
                    if case .closed = await queue.push(.order(order)) { return false }
                    await isDone.wait()
                    return isDone.isFired
                }
            }
            return await group.reduce(true) { $0 && $1 }
        }
    }
}
