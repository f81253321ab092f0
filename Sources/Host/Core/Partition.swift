package import PluginKit

/// The stages from quality to risk for a share of the instruments, fused into one chain of direct calls.
///
/// One task owns a partition. Its buffers are reused from batch to batch.
struct Partition {
    private var quality: QualityStage
    private var features: FeatureStage
    private var inference: [InferenceStage]
    private var risk: RiskStage
    private var schema: FeatureSchema
    private var journal: BarJournal?
    private var refusals: RefusalLog

    private var accepted: [Bar] = []
    private var matrix: [Double] = []
    private(set) var tally: BatchTally

    init(plan: PipelinePlan, isKnown: [Bool], modelPlaces: [Int]) {
        quality = QualityStage(isKnown: isKnown, rules: plan.rules)
        features = FeatureStage(plan: plan.features)
        inference = plan.models.map(InferenceStage.init(model:))
        risk = RiskStage(maxAge: plan.maxAge)
        schema = plan.features.schema
        refusals = RefusalLog(
            pipeline: plan.id, provenance: Provenance(source: plan.providerID), instruments: plan.directory)
        tally = BatchTally(models: modelPlaces)
    }

    /// From now on notes every accepted bar in a journal; returns the last event time of each instrument until now.
    mutating func begin(_ journal: BarJournal) -> [InstrumentID: Int64] {
        self.journal = journal
        return quality.lastTimes
    }

    /// Goes over to a plan that differs in indicators, models and risk; what stays keeps its state.
    ///
    /// - Parameters:
    ///   - warmed: states of new indicators; bars of the journal that they have not seen are fed to them first.
    mutating func adopt(_ plan: PipelinePlan, modelPlaces: [Int], warmed: FeatureStage?) {
        var warmed = warmed
        if let rest = journal?.take(), !rest.isEmpty, warmed != nil {
            var unused: [Double] = []
            warmed?.process(rest, into: &unused)
        }
        journal = nil
        features.adopt(plan.features, warmed: warmed)
        inference = plan.models.map(InferenceStage.init(model:))
        risk = RiskStage(maxAge: plan.maxAge)
        schema = plan.features.schema
        tally = BatchTally(models: modelPlaces)
    }

    /// Ends a journal that nobody wants any more.
    mutating func endJournal() { journal = nil }

    /// Takes a delivery through the stages; `tally` then says what became of each row.
    mutating func process(_ item: IngestItem) -> PartitionOutput {
        tally.reset()
        refusals.begin(item.provenance)
        var start = ContinuousClock.now
        if item.isStored { takeStored(item.bars) } else { checkQuality(item) }
        measure(Self.qualityCall, &start)
        features.process(accepted, into: &matrix)
        measure(Self.featuresCall, &start)
        var alerts = quality.levels.map(refusals.alert)
        let predictions = predict(item.clock, alerts: &alerts)
        for alert in alerts { tally.alerts[alert.rule, default: 0] += 1 }
        return PartitionOutput(
            bars: accepted, matrix: matrix, schema: schema, predictions: predictions, alerts: alerts,
            refused: refusals.rows, provenance: item.provenance, arrival: item.arrival, isStored: item.isStored)
    }

    /// Lets indicators see bars that an earlier run accepted, and nothing else.
    mutating func warmUp(_ bars: [Bar]) {
        quality.resume(bars)
        features.process(bars, into: &matrix)
        journal?.append(bars)
    }

    /// Takes bars that an earlier run accepted.
    private mutating func takeStored(_ bars: [Bar]) {
        accepted.removeAll(keepingCapacity: true)
        accepted.append(contentsOf: bars)
        quality.resume(bars)
        tally.received = bars.count
        tally.accepted = bars.count
        tally.lastEvent = bars.lazy.map(\.time).max()
        journal?.append(bars)
    }

    private mutating func checkQuality(_ item: IngestItem) {
        accepted.removeAll(keepingCapacity: true)
        tally.received = item.bars.count + item.defects.count
        for defect in item.defects {
            tally.defects[defect.reason, default: 0] += 1
            if let instrument = defect.instrument { quality.noteRejection(of: instrument) }
            refusals.add(defect)
        }
        let undecided = quality.waitingCount
        quality.process(item.bars.span, latest: item.latest, into: &accepted) { refusal in
            tally.rejected[refusal.reason, default: 0] += 1
            refusals.add(refusal)
        }
        tally.omitted = refusals.omitted
        tally.accepted = accepted.count
        tally.lastEvent = accepted.lazy.map(\.time).max()
        tally.undecided = quality.waitingCount - undecided
        tally.shares = quality.takeShares()
        journal?.append(accepted)
    }

    private static let qualityCall = FlowSnapshot.Call(.stage, "quality")
    private static let featuresCall = FlowSnapshot.Call(.stage, "features")

    /// Notes how long a call took that began at `start`, and begins the next one.
    private mutating func measure(_ call: FlowSnapshot.Call, _ start: inout ContinuousClock.Instant) {
        let end = ContinuousClock.now
        tally.spans.append((call, start.duration(to: end)))
        start = end
    }

    /// Whether bars wait for the ones after them: until they are judged the deliveries they came with are not done.
    var isUndecided: Bool { quality.waitingCount > 0 }

    /// Judges the bars that wait, at the end of the data; `tally` then says what became of each.
    mutating func finish() -> PartitionOutput {
        tally.reset()
        refusals.begin()
        let undecided = quality.waitingCount
        quality.finish { refusal in
            tally.rejected[refusal.reason, default: 0] += 1
            refusals.add(refusal)
        }
        tally.omitted = refusals.omitted
        tally.undecided = -undecided
        tally.shares = quality.takeShares()
        return PartitionOutput(
            bars: [], matrix: [], schema: schema, predictions: [], alerts: [], refused: refusals.rows,
            provenance: refusals.provenance)
    }

    private mutating func predict(_ arrivals: ArrivalClock, alerts: inout [Alert]) -> [PredictionBatch] {
        guard !accepted.isEmpty, !inference.isEmpty else { return [] }
        let clock = arrivals.picking(quality.origins)
        var batches: [PredictionBatch] = []
        for model in inference.indices {
            var start = ContinuousClock.now
            defer { measure(FlowSnapshot.Call(.model, inference[model].id), &start) }
            let made = inference[model].process(accepted, features: matrix, width: schema.names.count) {
                reason, count in
                tally.notPredicted[model][reason, default: 0] += count
            }
            guard let made else { continue }
            let checked = risk.process(made, bars: accepted, clock: clock, alerts: &alerts)
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
    package let bars: [Bar]
    package let matrix: [Double]
    package let schema: FeatureSchema
    package let predictions: [PredictionBatch]
    package let alerts: [Alert]
    package let refused: [QuarantinedRow]
    /// Where the delivery came from.
    package let provenance: Provenance
    /// When it arrived; `nil` where the past is filled in.
    package var arrival: Int64?
    /// Whether the store has the bars already.
    package var isStored = false

    /// Returns the records of the kinds asked for; empty batches are left out.
    func records(_ kinds: Set<RecordKind>, _ header: RecordHeader) -> [RecordBatch] {
        var batches: [RecordBatch] = []
        if !bars.isEmpty {
            if kinds.contains(.bars) { batches.append(header.batch(.bars(bars))) }
            if kinds.contains(.features), !schema.names.isEmpty {
                batches.append(
                    header.batch(.features(FeatureBatch(schema: schema, rows: bars.map { RowKey($0) }, values: matrix)))
                )
            }
        }
        if kinds.contains(.predictions) { batches += predictions.map { header.batch(.predictions($0)) } }
        if kinds.contains(.alerts), !alerts.isEmpty { batches.append(header.batch(.alerts(alerts))) }
        return batches
    }
}
