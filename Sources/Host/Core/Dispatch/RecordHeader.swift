import PluginKit

/// What every record of a pipeline has in common.
struct RecordHeader: Sendable {
    let pipeline: String
    let provenance: Provenance
    let timeframe: Timeframe
    var sequence: UInt64 = 0

    /// The header of what a delivery gave.
    func with(sequence: UInt64, _ provenance: Provenance) -> RecordHeader {
        RecordHeader(pipeline: pipeline, provenance: provenance, timeframe: timeframe, sequence: sequence)
    }

    func batch(_ content: RecordBatch.Content) -> RecordBatch {
        RecordBatch(
            pipeline: pipeline, source: provenance.source, timeframe: timeframe, sequence: sequence, content: content)
    }
}
