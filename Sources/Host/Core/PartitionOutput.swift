package import PluginKit

/// What a partition made of one delivery.
package struct PartitionOutput: Sendable {
    /// The input it came from: 0 drives; what came beside it makes no records.
    package var input = 0
    /// The accepted events.
    package let events: EventBatch
    /// Events that correct accepted ones.
    package let corrections: EventBatch
    /// One an event.
    package let keys: [RowKey]
    package let matrix: [Double]
    package let schema: FeatureSchema
    package let predictions: [PredictionBatch]
    package let alerts: [Alert]
    package let refused: [QuarantinedRow]
    /// Where the delivery came from.
    package let provenance: Provenance
    /// When it arrived; `nil` where the past is filled in.
    package var arrival: Int64?
    /// Whether it came from the store.
    package var isStored = false
    /// Which of the events of its instant each row is about.
    var places = RowPlaces(events: [])
    /// What became of predictions, by model; none is empty.
    var outcomes: [[Outcome]] = []
    /// The version that made each batch of predictions; 0 where it is none.
    var versions: [ServedVersions] = []
    /// Predictions that were made or have an outcome now, as the store keeps them.
    var kept: [KeptPrediction] = []
    /// What models have learned, as the store keeps it.
    var learned: [LearnedState] = []
    /// States of indicators, as the store keeps them.
    var states: [IndicatorState] = []

    /// Returns the records of the kinds asked for; empty batches are left out.
    func records(_ kinds: Set<RecordKind>, _ header: RecordHeader) -> [RecordBatch] {
        guard input == 0 else { return [] }
        var batches: [RecordBatch] = []
        batches.reserveCapacity(kinds.count)
        let own = header.batch(RecordBatch.Content(events), places.events)
        if events.count > 0, kinds.contains(own.kind) { batches.append(own) }
        if !keys.isEmpty, kinds.contains(.features), !schema.names.isEmpty {
            let features = FeatureBatch(schema: schema, rows: keys, values: matrix)
            batches.append(header.batch(.features(features), places.events))
        }
        if kinds.contains(.predictions) {
            for (index, made) in predictions.enumerated() {
                batches.append(header.batch(.predictions(made), places.of(prediction: index)))
            }
        }
        if kinds.contains(.outcomes) { for rows in outcomes { batches.append(header.batch(.outcomes(rows))) } }
        if kinds.contains(.alerts), !alerts.isEmpty { batches.append(header.batch(.alerts(alerts), places.alerts)) }
        return batches
    }
}
