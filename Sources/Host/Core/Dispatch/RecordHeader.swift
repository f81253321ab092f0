import PluginKit

/// What every record of a pipeline has in common.
struct RecordHeader: Sendable {
    let pipeline: String
    let provenance: Provenance
    let timeframe: Timeframe
    var sequence: UInt64 = 0

    /// The header of what comes through an input of a pipeline.
    init(_ plan: PipelinePlan, _ input: InputPlan) {
        self.init(
            pipeline: plan.scope(of: input), provenance: Provenance(source: input.route.first.id),
            timeframe: input.timeframe)
    }

    init(pipeline: String, provenance: Provenance, timeframe: Timeframe, sequence: UInt64 = 0) {
        self.pipeline = pipeline
        self.provenance = provenance
        self.timeframe = timeframe
        self.sequence = sequence
    }

    /// The header of what a delivery gave.
    func with(sequence: UInt64, _ provenance: Provenance) -> RecordHeader {
        RecordHeader(pipeline: pipeline, provenance: provenance, timeframe: timeframe, sequence: sequence)
    }

    func batch(_ content: RecordBatch.Content, _ places: [UInt32] = []) -> RecordBatch {
        RecordBatch(
            pipeline: pipeline, source: provenance.source, timeframe: timeframe, sequence: sequence, content: content,
            places: places)
    }
}
