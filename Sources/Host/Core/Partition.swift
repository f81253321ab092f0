import PluginKit

/// The stages from quality to risk for a share of the instruments, fused into one chain of direct calls.
///
/// Each driving event makes a row, whatever its kind; beside it stands what the other inputs had to say at its time. One
/// task owns a partition. Its buffers are reused from batch to batch.
struct Partition {
    private var driving: JudgedInput
    private var sides: [SideInput]
    private var derived: DerivedColumns
    private var inference: [InferenceStage]
    private var made: ModelValues
    private var risk: RiskStage
    private var gaps: GapWatch
    private let instruments: InstrumentTable
    private var schema: FeatureSchema
    /// Columns of the driving input's indicators; those of the others follow.
    private var width: Int

    /// Whether models see windows, and rows can be made again one instrument after the other.
    private var warmsRows: Bool { isAlone && inference.contains(where: \.wantsRows) }
    /// Whether rows follow from the driving events of their instrument.
    private let isAlone: Bool

    /// How often states of the indicators of each input are kept, nanoseconds.
    private let stateSpans: [Int64]
    /// The inputs beside the driving one whose bars it closes: those of which, in a replay, all has come that happened before.
    private let closing: [Int]
    private var keys: [RowKey] = []
    private var matrix: [Double] = []
    private(set) var tally: BatchTally

    init(plan: PipelinePlan, isKnown: [Bool], modelPlaces: [Int], hours: TradingHoursFinder = { _ in nil }) {
        gaps = GapWatch(plan, hours: hours)
        instruments = plan.directory
        driving = JudgedInput(plan, plan.driving, isKnown: isKnown)
        var offset = 0
        sides = plan.sides.map { input in
            defer { offset += input.carriedNames.count }
            return SideInput(plan, input, offset: offset, isKnown: isKnown)
        }
        derived = DerivedColumns(plan.features, names: plan.schema.names)
        (inference, made) = Self.inference(plan, goingOn: [])
        risk = RiskStage(maxAge: plan.maxAge)
        schema = plan.schema
        width = plan.features.width
        tally = BatchTally(sides: sides.count, models: modelPlaces)
        stateSpans = plan.inputs.map(\.stateSpan)
        isAlone = plan.sides.isEmpty && plan.driving.section == nil
        closing = plan.sides.indices.filter {
            plan.driving.isReplay && plan.sides[$0].isReplay && plan.sides[$0].shape != nil
        }
        for (input, span) in stateSpans.enumerated() { change(input) { $0.keepStates(span: span) } }
    }

    /// Changes the stage of an input.
    private mutating func change<Result>(_ input: Int, _ body: (inout any InputStage) -> Result) -> Result {
        input == 0 ? body(&driving.stage) : body(&sides[input - 1].judged.stage)
    }

    /// The stages of the models, and room for what they give each other.
    private static func inference(
        _ plan: PipelinePlan, goingOn before: [InferenceStage]
    ) -> ([InferenceStage], ModelValues) {
        let ids = plan.models.map(\.id)
        let stages = plan.models.map { InferenceStage(model: $0, among: ids, goingOn: before) }
        return (stages, ModelValues(columns: plan.models.map(\.outputCount)))
    }

    /// From now on notes every accepted driving event in a journal; returns the last event time of each instrument until now.
    mutating func begin(_ journal: EventJournal) -> [InstrumentID: Int64] {
        driving.stage.begin(journal)
        return driving.stage.lastTimes
    }

    /// Goes over to a plan that differs in the driving input's indicators, models and risk; what stays keeps its state.
    ///
    /// - Parameters:
    ///   - warmed: states of new indicators; events of the journal that they have not seen are fed to them first.
    mutating func adopt(_ plan: PipelinePlan, modelPlaces: [Int], warmed: (any InputStage)?) {
        driving.stage.adopt(plan.features, warmed: warmed)
        derived = DerivedColumns(plan.features, names: plan.schema.names, goingOn: derived)
        (inference, made) = Self.inference(plan, goingOn: inference)
        risk = RiskStage(maxAge: plan.maxAge)
        schema = plan.schema
        width = plan.features.width
        tally = BatchTally(sides: sides.count, models: modelPlaces)
    }

    /// Ends a journal that nobody wants any more.
    mutating func endJournal() { driving.stage.endJournal() }

    /// Takes a delivery through the stages; `tally` then says what became of each row.
    ///
    /// Returns one output, or as many as there are deliveries whose rows waited for this one.
    mutating func process(_ item: IngestItem) -> [PartitionOutput] {
        tally.reset(place: item.input)
        var start = ContinuousClock.now
        keepStates(of: item.input, latest: item.latest)
        guard item.input == 0 else { return [processSide(item, &start)] }
        driving.take(item)
        if driving.stage.corrections.count > 0, let bars = Bar.events(of: driving.stage.corrections) {
            for model in inference.indices { inference[model].correct(bars) }
        }
        let closed = item.isMerged && !closing.isEmpty ? closeSides(item.clock) : []
        return closed + outputs(RowOrigin(item), item.clock, item.alerts, &start)
    }

    /// Closes the bars of inputs beside the driving one whose end its events have reached: so a row finds the bars that had ended by
    /// then, whenever the next event of their own comes.
    private mutating func closeSides(_ clock: ArrivalClock) -> [PartitionOutput] {
        guard case .each(let times) = clock, let newest = times.last else { return [] }
        return closing.compactMap { side in
            guard sides[side].close(through: newest) else { return nil }
            tally.closed[side] = sides[side].judged.tally.rows
            return sideOutput(side + 1, provenance: sides[side].judged.refusals.provenance)
        }
    }

    /// Lets rows that wait for those of other instruments go, through an event time; `tally` then says what became of each.
    mutating func close(through time: Int64, _ clock: ArrivalClock) -> [PartitionOutput] {
        tally.reset(place: 0)
        var start = ContinuousClock.now
        driving.close(through: time)
        return outputs(RowOrigin(driving.refusals.provenance), clock, [], &start)
    }

    /// Makes what follows from the driving events of the last call.
    private mutating func outputs(
        _ own: RowOrigin, _ arrivals: ArrivalClock, _ given: [Alert], _ start: inout ContinuousClock.Instant
    ) -> [PartitionOutput] {
        tally.input = driving.tally
        measure(Self.qualityCall, &start)
        compute()
        for model in inference.indices { inference[model].foresee(keys) }
        measure(Self.featuresCall, &start)
        let clock = driving.stage.clock(arrivals)
        let beside = given + driving.stage.levels.map(driving.refusals.alert)
        guard driving.stage.heldSince != nil || !driving.stage.origins.isEmpty else {
            return [output(0..<keys.count, own, clock, beside)]
        }
        var outputs = driving.stage.origins.isEmpty ? [output(0..<0, own, clock, beside)] : []
        var first = 0
        for (origin, count) in driving.stage.origins {
            outputs.append(output(first..<first + count, origin, clock, first == 0 ? beside : nil))
            first += count
        }
        return outputs
    }

    /// Fills `keys` and `matrix`.
    private mutating func compute() {
        let stride = schema.names.count
        driving.stage.keys(into: &keys)
        matrix.resize(to: keys.count * stride)
        driving.stage.compute(into: &matrix, stride: stride)
        for side in sides.indices {
            sides[side].write(keys, into: &matrix, after: width, stride: stride, missing: &tally.missing[side])
        }
        guard !derived.isEmpty else { return }
        derived.fill(
            keys, of: Trade.events(of: driving.stage.events) ?? [], into: &matrix, stride: stride,
            tally: &tally.input.section)
    }

    /// What some of the rows become; the first ones come with what the delivery gave beside rows.
    ///
    /// - Parameter beside: alerts that it gave; `nil` for rows that are not the first.
    private mutating func output(
        _ rows: Range<Int>, _ origin: RowOrigin, _ clock: ArrivalClock, _ beside: [Alert]?
    ) -> PartitionOutput {
        let isFirst = beside != nil
        let stage = driving.stage
        let isAll = rows.count == keys.count
        let own = isAll ? keys : Array(keys[rows])
        let width = schema.names.count
        let values = isAll ? matrix : Array(matrix[rows.lowerBound * width..<rows.upperBound * width])
        let events = stage.events[rows]
        var alerts = beside ?? []
        var places = RowPlaces(events: stage.places)
        places.note(levels: alerts, own)
        alerts += gaps.take(events, isKnown: origin.isStored, instruments)
        let predictions = predict(own, values, isAll ? clock : clock.picking(Array(rows)), alerts: &alerts, &places)
        let outcomes = inference.compactMap(\.outcomes)
        for alert in alerts { tally.alerts[alert.rule, default: 0] += 1 }
        return PartitionOutput(
            events: events, corrections: isFirst ? stage.corrections : .empty(stage.corrections.kind),
            keys: own, matrix: values, schema: schema, predictions: predictions, alerts: alerts,
            refused: isFirst ? driving.refusals.rows : [], provenance: origin.provenance, arrival: origin.arrival,
            isStored: origin.isStored, places: places, outcomes: outcomes.map(\.made).filter { !$0.isEmpty },
            versions: inference.filter { model in predictions.contains { $0.model == model.id } }.map(\.versions),
            kept: inference.flatMap(\.kept), learned: inference.flatMap(\.learned),
            states: isFirst ? takeStates(of: 0) : [])
    }

    /// All there was of an input is through; returns the states that are left of it.
    mutating func endPast(of input: Int) -> [IndicatorState] {
        change(input) { $0.endPast() }
        return takeStates(of: input)
    }

    /// A past that is filled in leaves the states of its last eight spans; before them, one when it is through.
    private mutating func keepStates(of input: Int, latest: Int64) {
        let (spans, isMuch) = stateSpans[input].multipliedReportingOverflow(by: 8)
        let (since, overflows) = latest.subtractingReportingOverflow(spans)
        change(input) { $0.keepStates(since: isMuch || overflows ? .min : since) }
    }

    /// Goes on with the states of an input's indicators for an instrument, which have seen some of the events that warm up.
    mutating func resume(_ indicators: ResumedIndicators, of input: Int) { change(input) { $0.resume(indicators) } }

    /// The kind of an input's events.
    func kind(of input: Int) -> EventKind { (input == 0 ? driving : sides[input - 1].judged).stage.events.kind }

    /// Hands over the states of an input's indicators that were kept since they were taken last.
    mutating func takeStates(of input: Int) -> [IndicatorState] { change(input) { $0.takeStates() } }

    /// Takes events of an input beside the driving one: they are judged and kept, and make no rows.
    private mutating func processSide(
        _ item: IngestItem, _ start: inout ContinuousClock.Instant
    ) -> PartitionOutput {
        let side = item.input - 1
        sides[side].take(item)
        tally.input = sides[side].judged.tally
        measure(Self.sidesCall, &start)
        var output = sideOutput(item.input, provenance: item.provenance)
        output.arrival = item.arrival
        output.isStored = item.isStored
        output.places = RowPlaces(events: sides[side].judged.stage.places)
        return output
    }

    /// What an input gave that makes no rows.
    private mutating func sideOutput(_ input: Int, provenance: Provenance) -> PartitionOutput {
        let states = takeStates(of: input)
        let judged = input == 0 ? driving : sides[input - 1].judged
        return PartitionOutput(
            input: input, events: judged.stage.events, corrections: judged.stage.corrections, keys: [], matrix: [],
            schema: schema, predictions: [], alerts: [], refused: judged.refusals.rows, provenance: provenance,
            states: states)
    }

    /// Lets indicators of an input see events that an earlier run accepted, and nothing else.
    mutating func warmUp(_ events: EventBatch, of input: Int) {
        change(input) { $0.keepStates(since: .min) }
        guard input == 0 else { return sides[input - 1].warmUp(events) }
        guard !warmsRows else { return warmUpRows(events) }
        driving.stage.warmUp(events)
        if inference.contains(where: { $0.outcomes != nil }) {
            driving.stage.keys(into: &keys)
            for model in inference.indices { inference[model].warmUp(keys) }
        }
        _ = gaps.take(events, isKnown: true, instruments)
    }

    /// The same where a model sees windows: it has to see what the indicators give, too.
    private mutating func warmUpRows(_ events: EventBatch) {
        driving.take(stored: events)
        compute()
        for model in inference.indices {
            inference[model].warmUp(keys, features: matrix, width: schema.names.count)
        }
        _ = gaps.take(events, isKnown: true, instruments)
    }

    /// Notes that the last row of an instrument of an input was refused by an earlier run.
    mutating func resume(refused instrument: InstrumentID, of input: Int) {
        if input == 0 {
            driving.stage.resume(refused: instrument)
        } else {
            sides[input - 1].resume(refused: instrument)
        }
    }

    /// Goes on with the predictions of a model that wait since an earlier run.
    mutating func resume(_ kept: [KeptPrediction], of model: String, _ instrument: InstrumentID) {
        for place in inference.indices where inference[place].id == model {
            inference[place].resume(kept, of: instrument)
        }
    }

    /// Goes on with what an instrument taught a model in an earlier run; throws where that cannot be used.
    mutating func resume(_ state: LearnedState) throws(PluginError) {
        for place in inference.indices where inference[place].id == state.model { try inference[place].resume(state) }
    }

    private static let qualityCall = FlowSnapshot.Call(.stage, "quality")
    private static let featuresCall = FlowSnapshot.Call(.stage, "features")
    private static let sidesCall = FlowSnapshot.Call(.stage, "inputs")

    /// Notes how long a call took that began at `start`, and begins the next one.
    private mutating func measure(_ call: FlowSnapshot.Call, _ start: inout ContinuousClock.Instant) {
        let end = ContinuousClock.now
        tally.spans.append((call, start.duration(to: end)))
        start = end
    }

    /// Whether events wait for the ones after them: until they are judged the deliveries they came with are not done.
    var isUndecided: Bool {
        driving.stage.waitingCount > 0 || sides.contains { $0.judged.stage.waitingCount > 0 }
    }

    /// The first delivery whose events are not all in bars that have closed.
    var openSince: UInt64? {
        ([driving.stage.openSince] + sides.map(\.judged.stage.openSince)).compactMap(\.self).min()
    }

    /// The first delivery with rows that wait for those of other instruments.
    var heldSince: UInt64? { driving.stage.heldSince }

    /// The newest event time that waits for other instruments.
    var newestHeld: Int64? { driving.stage.newestHeld }

    /// Judges the events of an input that wait, at the end of the data; `tally` then says what became of each.
    mutating func finish(_ input: Int) -> PartitionOutput {
        tally.reset(place: input)
        if input == 0 { driving.finish() } else { sides[input - 1].finish() }
        let judged = input == 0 ? driving : sides[input - 1].judged
        tally.input = judged.tally
        return sideOutput(input, provenance: judged.refusals.provenance)
    }

    private mutating func predict(
        _ keys: [RowKey], _ matrix: [Double], _ clock: ArrivalClock, alerts: inout [Alert], _ places: inout RowPlaces
    ) -> [PredictionBatch] {
        guard !inference.isEmpty else { return [] }
        for model in inference.indices where keys.isEmpty { inference[model].rest() }
        guard !keys.isEmpty else { return [] }
        var batches: [PredictionBatch] = []
        let hasMembers = inference.contains { !$0.memberPlaces.isEmpty }
        if hasMembers { made.reset(rows: keys.count) }
        for model in inference.indices {
            defer { if let outcomes = inference[model].outcomes { tally.note(outcomes.tally, of: model) } }
            var start = ContinuousClock.now
            defer { measure(FlowSnapshot.Call(.model, inference[model].id), &start) }
            let batch = inference[model].process(
                keys, features: matrix, width: schema.names.count, made: made
            ) { reason, count in
                tally.notPredicted[model][reason, default: 0] += count
            }
            inference[model].shadow(keys, features: matrix, width: schema.names.count, made: made)
            guard let batch else { continue }
            if hasMembers { made.take(batch, of: model, from: inference[model].sources) }
            let checked = risk.process(batch, from: keys, clock: clock, alerts: &alerts)
            places.note(checked, from: inference[model].sources, alerts)
            tally.predicted[model] += checked.rows.count
            tally.note(inference[model].steps, inference[model].sketch, of: model)
            count(checked.rows, model)
            batches.append(checked)
        }
        return batches
    }

    private mutating func count(_ rows: [Prediction], _ model: Int) {
        for row in rows where row.isDoubtful {
            if row.flags.contains(.stale) { tally.flagged[model]["stale", default: 0] += 1 }
            if row.flags.contains(.afterRejected) { tally.flagged[model]["after_rejected", default: 0] += 1 }
        }
    }
}
