package import PluginKit

/// The stages from quality to risk for a share of the instruments, fused into one chain of direct calls.
///
/// Each event makes a row, whatever its kind. One task owns a partition. Its buffers are reused from batch to batch.
struct Partition {
    private var input: any InputStage
    private var inference: [InferenceStage]
    private var risk: RiskStage
    private var schema: FeatureSchema
    private var refusals: RefusalLog

    private var keys: [RowKey] = []
    private var matrix: [Double] = []
    private(set) var tally: BatchTally

    init(plan: PipelinePlan, isKnown: [Bool], modelPlaces: [Int]) {
        input = plan.inputStage(isKnown: isKnown)
        inference = plan.models.map(InferenceStage.init(model:))
        risk = RiskStage(maxAge: plan.maxAge)
        schema = plan.features.schema
        refusals = RefusalLog(
            pipeline: plan.id, provenance: Provenance(source: plan.providerID), instruments: plan.directory)
        tally = BatchTally(models: modelPlaces)
    }

    /// From now on notes every accepted event in a journal; returns the last event time of each instrument until now.
    mutating func begin(_ journal: EventJournal) -> [InstrumentID: Int64] {
        input.begin(journal)
        return input.lastTimes
    }

    /// Goes over to a plan that differs in indicators, models and risk; what stays keeps its state.
    ///
    /// - Parameters:
    ///   - warmed: states of new indicators; events of the journal that they have not seen are fed to them first.
    mutating func adopt(_ plan: PipelinePlan, modelPlaces: [Int], warmed: (any InputStage)?) {
        input.adopt(plan.features, warmed: warmed)
        inference = plan.models.map(InferenceStage.init(model:))
        risk = RiskStage(maxAge: plan.maxAge)
        schema = plan.features.schema
        tally = BatchTally(models: modelPlaces)
    }

    /// Ends a journal that nobody wants any more.
    mutating func endJournal() { input.endJournal() }

    /// Takes a delivery through the stages; `tally` then says what became of each row.
    mutating func process(_ item: IngestItem) -> PartitionOutput {
        tally.reset()
        refusals.begin(item.provenance)
        var start = ContinuousClock.now
        if item.isStored { takeStored(item.events) } else { checkQuality(item) }
        measure(Self.qualityCall, &start)
        input.keys(into: &keys)
        matrix.resize(to: keys.count * schema.names.count)
        input.compute(into: &matrix, stride: schema.names.count)
        measure(Self.featuresCall, &start)
        var alerts = input.levels.map(refusals.alert)
        let predictions = predict(item.clock, alerts: &alerts)
        for alert in alerts { tally.alerts[alert.rule, default: 0] += 1 }
        return PartitionOutput(
            events: input.events, keys: keys, matrix: matrix, schema: schema, predictions: predictions, alerts: alerts,
            refused: refusals.rows, provenance: item.provenance, arrival: item.arrival, isStored: item.isStored)
    }

    /// Lets indicators see events that an earlier run accepted, and nothing else.
    mutating func warmUp(_ events: EventBatch) { input.warmUp(events) }

    /// Takes events that an earlier run accepted.
    private mutating func takeStored(_ events: EventBatch) {
        input.take(stored: events)
        tally.received = events.count
        tally.accepted = events.count
        tally.lastEvent = input.lastEvent
    }

    private mutating func checkQuality(_ item: IngestItem) {
        tally.received = item.events.count + item.defects.count
        for defect in item.defects {
            tally.defects[defect.reason, default: 0] += 1
            if let instrument = defect.instrument { input.noteRejection(of: instrument) }
            refusals.add(defect)
        }
        let undecided = input.waitingCount
        input.judge(item.events, latest: item.latest) { reason, describe in
            tally.rejected[reason, default: 0] += 1
            describe(&refusals)
        }
        tally.omitted = refusals.omitted
        tally.accepted = input.events.count
        tally.lastEvent = input.lastEvent
        tally.doubts = input.doubts
        tally.undecided = input.waitingCount - undecided
        tally.shares = input.takeShares()
    }

    private static let qualityCall = FlowSnapshot.Call(.stage, "quality")
    private static let featuresCall = FlowSnapshot.Call(.stage, "features")

    /// Notes how long a call took that began at `start`, and begins the next one.
    private mutating func measure(_ call: FlowSnapshot.Call, _ start: inout ContinuousClock.Instant) {
        let end = ContinuousClock.now
        tally.spans.append((call, start.duration(to: end)))
        start = end
    }

    /// Whether events wait for the ones after them: until they are judged the deliveries they came with are not done.
    var isUndecided: Bool { input.waitingCount > 0 }

    /// Judges the events that wait, at the end of the data; `tally` then says what became of each.
    mutating func finish() -> PartitionOutput {
        tally.reset()
        refusals.begin()
        let undecided = input.waitingCount
        input.finish { reason, describe in
            tally.rejected[reason, default: 0] += 1
            describe(&refusals)
        }
        tally.omitted = refusals.omitted
        tally.undecided = -undecided
        tally.shares = input.takeShares()
        return PartitionOutput(
            events: input.events, keys: [], matrix: [], schema: schema, predictions: [], alerts: [],
            refused: refusals.rows, provenance: refusals.provenance)
    }

    private mutating func predict(_ arrivals: ArrivalClock, alerts: inout [Alert]) -> [PredictionBatch] {
        guard !keys.isEmpty, !inference.isEmpty else { return [] }
        let clock = arrivals.picking(input.origins)
        var batches: [PredictionBatch] = []
        for model in inference.indices {
            var start = ContinuousClock.now
            defer { measure(FlowSnapshot.Call(.model, inference[model].id), &start) }
            let made = inference[model].process(keys, features: matrix, width: schema.names.count) {
                reason, count in
                tally.notPredicted[model][reason, default: 0] += count
            }
            guard let made else { continue }
            let checked = risk.process(made, from: keys, clock: clock, alerts: &alerts)
            tally.predicted[model] = checked.rows.count
            count(checked.rows, model)
            batches.append(checked)
        }
        return batches
    }

    private mutating func count(_ rows: [Prediction], _ model: Int) {
        for row in rows where !row.flags.isDisjoint(with: [.stale, .afterRejected]) {
            if row.flags.contains(.stale) { tally.flagged[model]["stale", default: 0] += 1 }
            if row.flags.contains(.afterRejected) { tally.flagged[model]["after_rejected", default: 0] += 1 }
        }
    }
}

/// What a partition made of one delivery.
package struct PartitionOutput: Sendable {
    /// The accepted events.
    package let events: EventBatch
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

    /// Returns the records of the kinds asked for; empty batches are left out.
    func records(_ kinds: Set<RecordKind>, _ header: RecordHeader) -> [RecordBatch] {
        var batches: [RecordBatch] = []
        let content = RecordBatch.Content(events)
        if events.count > 0, kinds.contains(header.batch(content).kind) { batches.append(header.batch(content)) }
        if !keys.isEmpty, kinds.contains(.features), !schema.names.isEmpty {
            batches.append(header.batch(.features(FeatureBatch(schema: schema, rows: keys, values: matrix))))
        }
        if kinds.contains(.predictions) { batches += predictions.map { header.batch(.predictions($0)) } }
        if kinds.contains(.alerts), !alerts.isEmpty { batches.append(header.batch(.alerts(alerts))) }
        return batches
    }
}
