import PluginKit

extension DurableTimes {
    /// Returns what a sink is to be given of revisions, an item for what was stored together: what it has, and corrections,
    /// which no delivery brings.
    func items(_ revisions: [Revision], for plan: SinkPlan, sequence: UInt64) -> [SinkItem] {
        var batches: [Int64: [RecordBatch]] = [:]
        for revision in revisions {
            let header = RecordHeader(
                pipeline: revision.pipeline, provenance: revision.provenance, timeframe: revision.timeframe,
                sequence: sequence)
            let batch = header.batch(RecordBatch.Content(revision.events))
            guard plan.records.contains(batch.kind) else { continue }
            let known = revision.isCorrection ? Array(0..<batch.count) : fresh(batch).durable
            guard !known.isEmpty else { continue }
            batches[revision.storedAt, default: []].append(known.count == batch.count ? batch : batch.selecting(known))
        }
        return batches.sorted { $0.key < $1.key }.map { storedAt, batches in
            SinkItem(sequence: sequence, partition: 0, batches: batches, isLast: false, revisedAt: storedAt)
        }
    }

    /// Returns the revisions that were stored in an earlier run and did not reach a sink.
    ///
    /// A sink that is seen for the first time has missed none: what it is given is the newest version of everything.
    static func missed(
        _ sink: SinkPlan, _ plan: PipelinePlan, _ services: PipelineServices
    ) async throws(PluginError) -> [Revision] {
        let kind = plan.eventRecords
        guard sink.records.contains(kind) else { return [] }
        let stream = RecordStream(kind, isRevised: true)
        let key = WatermarkKey(pipeline: plan.id, sink: sink.id, digest: sink.digests[stream])
        let marks = try await services.watermarks.watermarks(key)
        let now = services.wallTime()
        let unseen = plan.instruments.map(\.instrument).filter { marks[$0] == nil }
        if !unseen.isEmpty {
            // Where it cannot be kept the next start says the same of its own time.
            try? await services.watermarks.advance([key: Dictionary(unseen.map { ($0, EventMark(time: now)) }) { $1 }])
        }
        guard let first = marks.values.min()?.time else { return [] }
        let stored = try await services.events.revisions(
            plan.kind, of: plan.id, timeframe: plan.timeframe, after: first)
        return stored.compactMap { revision in
            let events = revision.events.filter { _, _, instrument in
                revision.storedAt > marks[plan.directory.instrument(instrument)]?.time ?? .max
            }
            return events.count == 0 ? nil : revision.with(events)
        }
    }
}
