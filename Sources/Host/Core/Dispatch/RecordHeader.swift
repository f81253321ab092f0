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

extension RecordBatch {
    /// Event time and instrument of each row, for comparing with a watermark; `nil` for kinds that have none.
    var eventTimes: [(time: Int64, instrument: InstrumentID?)]? {
        let table = table
        guard table.columns.contains(where: { $0.description.type == .instrument }) else { return nil }
        return (0..<table.count).map { (table.time($0), table.instrument($0)) }
    }
}
