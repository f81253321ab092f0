import PluginKit

/// A partition with what stands around it: takes deliveries from its queue, hands the results to store and sinks.
///
/// One task owns it. Orders of a reload come through the same queue, so they are carried out between two deliveries.
struct PartitionWorker {
    let index: Int
    let store: BoundedQueue<StoreWriter.Item>
    private(set) var partition: Partition
    var lanes: [SinkLane]
    /// The last delivery it took.
    private(set) var sequence: UInt64 = 0
    private var thread: OwnThread?
    private let counters: FlowCounters
    private let services: PipelineServices
    private let directory: InstrumentTable
    /// Whether the board says of the pipeline that most of an instrument is refused.
    private var isLosing = false
    /// The first delivery with an event that is not judged yet.
    private var undecidedSince: UInt64?
    /// The delivery through which sinks were offered everything.
    private(set) var offered: UInt64 = 0
    /// The newest event time that waited at each of the last ticks.
    private var ticks: [Int64] = []
    /// Instruments of whose splits the user was warned.
    private var warned: Set<InstrumentID> = []
    /// Whether factors come with the events: what they explain shows when they are there.
    private let hasFactors: Bool
    /// What the records of each input have in common.
    private let headers: [RecordHeader]

    private var header: RecordHeader { headers[0] }

    init(
        index: Int, plan: PipelinePlan, lanes: [SinkLane], store: BoundedQueue<StoreWriter.Item>,
        counters: FlowCounters, services: PipelineServices
    ) {
        self.index = index
        self.lanes = lanes
        self.store = store
        self.counters = counters
        self.services = services
        directory = plan.directory
        headers = plan.inputs.map { RecordHeader(plan, $0) }
        hasFactors = plan.inputs.contains { $0.kind == .factor }
        partition = Partition(
            plan: plan, isKnown: plan.isKnown, modelPlaces: Array(plan.models.indices), hours: services.tradingHours)
        thread = plan.callsOut ? OwnThread("\(plan.id).\(index)") : nil
    }

    /// Works until the queue is finished and empty.
    mutating func run(taking queue: BoundedQueue<PartitionInput>) async {
        while let input = await queue.pop() {
            switch input {
            case .delivery(let item): await take(item)
            case .order(let order): await order.carryOut(&self)
            }
        }
        await finish()
        await endPast()
    }

    /// Keeps the states of indicators that are left of a past that is through.
    mutating func endPast() async {
        for input in headers.indices { await keep(partition.endPast(of: input), of: input) }
    }

    private mutating func take(_ item: IngestItem) async {
        let start = item.trace?.now ?? 0
        let outputs = await onThread { $0.process(item) }
        sequence = item.sequence
        undecidedSince = partition.isUndecided ? undecidedSince ?? sequence : nil
        if let trace = item.trace { note(trace, since: start) }
        await hand(outputs, item.trace)
        item.trace?.note(
            .delivery, since: item.trace?.arrival ?? 0, partition: index, rows: item.events.count,
            instrument: Set(item.events.instruments).count == 1 ? item.events.instruments.first : nil)
    }

    /// Tells of the wait and of each stage; they follow each other.
    private func note(_ trace: DeliveryTrace, since start: Int64) {
        trace.note(.queue, since: trace.arrival, until: start, partition: index)
        var reached = start
        for (call, span) in partition.tally.spans {
            let end = reached + Int64(span / .nanoseconds(1))
            trace.note(call.kind == .model ? .model : .stage, call.id, since: reached, until: end, partition: index)
            reached = end
        }
    }

    /// Hands on what was made; a sink has all of it when it has the last.
    private mutating func hand(_ outputs: [PartitionOutput], _ trace: DeliveryTrace? = nil) async {
        count()
        for output in outputs {
            for alert in output.alerts where Self.isOfData(alert) { services.board.tell(alert.message) }
            for alert in output.alerts where alert.severity == .info && alert.rule == ScaleChange.split.rawValue {
                await warn(ofSplit: alert)
            }
            show(output)
        }
        await keep(outputs, trace)
        let before = offered
        offered = partition.heldSince.map { $0 - 1 } ?? sequence
        for (index, output) in outputs.enumerated() {
            let through = index == outputs.count - 1 ? offered : before
            for lane in lanes {
                await lane.offer(
                    output, sequence: sequence, through: through, partition: self.index, header: header, trace: trace)
            }
        }
    }

    /// Whether an alert says that the data is other than it was said to be.
    private static func isOfData(_ alert: Alert) -> Bool {
        alert.severity == .warning && (ScaleChange(rawValue: alert.rule) != nil || alert.rule == GapWatch.timeframeRule)
    }

    /// Warns of the first split of an instrument in raw prices, where no factor is stored that would explain it: models take it
    /// for a return.
    private mutating func warn(ofSplit alert: Alert) async {
        guard let id = alert.instrument, !hasFactors, warned.insert(id).inserted else { return }
        let query = EventQuery(instrument: directory.instrument(id), timeframe: header.timeframe)
        guard (try? await services.events.events(Factor.self, query))?.isEmpty ?? true else { return }
        services.board.warn(
            of: alert.time,
            alert.message + " Until then indicators and models take it for a return: have the provider adjust prices "
                + "(local_history: adjust: ratio, where files have an adjusted close), or give the factors as an input. "
                + "Further splits of it are alerts.")
    }

    /// Lets rows go that wait for those of other instruments, through an event time.
    mutating func close(through time: Int64 = .max, _ clock: ArrivalClock = .each([])) async {
        guard let newest = partition.newestHeld, newest > .min else { return }
        await hand(await onThread { $0.close(through: time, clock) })
    }

    /// Lets rows go that waited for all of `waits` calls of this.
    mutating func tick(_ waits: Int, at time: Int64) async {
        let due = ticks.count >= waits ? ticks.removeFirst() : nil
        ticks.append(partition.newestHeld ?? .min)
        if let due, due > .min { await close(through: due, .same(time)) }
    }

    /// Judges the events that wait, when the data ends.
    private mutating func finish() async {
        guard undecidedSince != nil else { return }
        undecidedSince = nil
        for input in headers.indices {
            let output = partition.finish(input)
            count()
            await keep([output])
        }
    }

    private mutating func count() {
        let tally = partition.tally
        counters.update { tally.add(to: &$0) }
        guard tally.place == 0, !tally.input.shares.isEmpty else { return }
        let losing = counters.snapshot.mostlyRefused
        guard !losing.isEmpty || isLosing else { return }
        isLosing = !losing.isEmpty
        let message = isLosing ? RefusalShare.message(header.pipeline, losing.map { directory.instrument($0) }) : ""
        services.board.set(.pipeline, header.pipeline, isLosing ? .degraded : .ok, message)
    }

    /// Hands a delivery to the store; the provider may forget it only when every event of it is judged, in a bar that has
    /// closed, and compared with those of the other instruments.
    private func keep(_ outputs: [PartitionOutput], _ trace: DeliveryTrace? = nil) async {
        let held = [undecidedSince, partition.openSince].compactMap(\.self).min()
        let through = held.map { $0 - 1 } ?? sequence
        var item = StoreWriter.Item(
            sequence: through, partition: index,
            entries: outputs.compactMap(entry) + outputs.compactMap(correction), refused: outputs.flatMap(\.refused))
        item.trace = trace
        _ = await store.push(item)
    }

    private func entry(_ output: PartitionOutput) -> StoreEntry? {
        let isNew = output.events.count > 0 && !output.isStored
        guard isNew || !output.kept.isEmpty || !output.learned.isEmpty || !output.states.isEmpty else { return nil }
        let header = headers[output.input]
        return StoreEntry(
            pipeline: header.pipeline, timeframe: header.timeframe, provenance: output.provenance,
            events: isNew ? output.events : .empty(output.events.kind), arrival: output.arrival,
            places: isNew ? output.places.events : [], predictions: output.kept, learned: output.learned,
            states: output.states)
    }

    /// Hands states of indicators that no delivery comes with to the store.
    private func keep(_ states: [IndicatorState], of input: Int) async {
        guard !states.isEmpty else { return }
        let header = headers[input]
        let entry = StoreEntry(
            pipeline: header.pipeline, timeframe: header.timeframe, provenance: header.provenance,
            events: .empty(partition.kind(of: input)), states: states)
        // A mark, since no delivery is done with it.
        _ = await store.push(
            StoreWriter.Item(sequence: sequence, partition: index, entries: [entry], mark: StopSignal()))
    }

    private func correction(_ output: PartitionOutput) -> StoreEntry? {
        guard output.corrections.count > 0 else { return nil }
        let header = headers[output.input]
        return StoreEntry(
            pipeline: header.pipeline, timeframe: header.timeframe, provenance: output.provenance,
            events: output.corrections, arrival: output.arrival, isCorrection: true)
    }

    /// What waits for other processes does so on a thread of its own: on those that everything shares, as many as there
    /// are processors, two hanging plugins would stop requests, signals and sinks.
    private mutating func onThread(
        _ work: @Sendable (inout Partition) -> [PartitionOutput]
    ) async -> [PartitionOutput] {
        guard let thread else { return work(&partition) }
        return await withTaskExecutorPreference(thread) { work(&partition) }
    }

    /// Notes that the last row of an instrument of an input was refused by an earlier run.
    mutating func resume(refused instrument: InstrumentID, of input: Int) {
        partition.resume(refused: instrument, of: input)
    }

    /// Goes on with the predictions of a model that wait since an earlier run.
    mutating func resume(_ kept: [KeptPrediction], of model: String, _ instrument: InstrumentID) {
        partition.resume(kept, of: model, instrument)
    }

    /// Goes on with what an instrument taught a model in an earlier run.
    mutating func resume(_ state: LearnedState) {
        do throws(PluginError) {
            try partition.resume(state)
        } catch {
            services.board.tell(
                "model/\(state.model): what it had learned of \(directory.instrument(state.instrument)) cannot be used; it "
                    + "goes on as it was fitted. \(error.message)")
        }
    }

    /// Lets indicators see events that every sink has.
    mutating func warmUp(_ events: EventBatch, of input: Int) async {
        // Readers compare the last row, which goes out once more, with the one before; of some instruments whose rows
        // of a time go out together or not at all these are the last that they see.
        if input == 0 { show(events, source: header.provenance.source) }
        if let thread {
            await withTaskExecutorPreference(thread) { partition.warmUp(events, of: input) }
        } else {
            partition.warmUp(events, of: input)
        }
        await keep(partition.takeStates(of: input), of: input)
    }

    /// Goes on with the states of an input's indicators for an instrument.
    mutating func resume(_ indicators: ResumedIndicators, of input: Int) { partition.resume(indicators, of: input) }

    private func show(_ output: PartitionOutput) {
        guard output.input == 0 else { return }
        for events in [output.events, output.corrections] where events.count > 0 {
            show(events, source: output.provenance.source)
        }
        for (batch, versions) in zip(output.predictions, output.versions) {
            services.latest.update(
                predictions: batch, of: versions, pipeline: header.pipeline, timeframe: header.timeframe)
        }
    }

    private func show(_ events: EventBatch, source: String) {
        services.latest.update(events: events, pipeline: header.pipeline, source: source, timeframe: header.timeframe)
    }

    /// Begins a journal of accepted events; `mark` is thrown when everything accepted until now is in the store.
    mutating func begin(_ journal: EventJournal, mark: StopSignal) async -> [InstrumentID: Int64] {
        let times = partition.begin(journal)
        let item = StoreWriter.Item(sequence: sequence, partition: index, mark: mark)
        if case .closed = await store.push(item) { mark.fire() }
        return times
    }

    /// Ends a journal that nobody wants any more.
    mutating func endJournal() { partition.endJournal() }

    /// Goes over to another plan and other lanes.
    mutating func adopt(_ plan: PipelinePlan, modelPlaces: [Int], warmed: (any InputStage)?, lanes: [SinkLane]) {
        partition.adopt(plan, modelPlaces: modelPlaces, warmed: warmed)
        thread = plan.callsOut ? thread ?? OwnThread("\(plan.id).\(index)") : nil
        self.lanes = lanes
    }
}
