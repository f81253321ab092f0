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
    private let header: RecordHeader

    init(
        index: Int, plan: PipelinePlan, lanes: [SinkLane], store: BoundedQueue<StoreWriter.Item>,
        counters: FlowCounters, services: PipelineServices, header: RecordHeader
    ) {
        self.index = index
        self.lanes = lanes
        self.store = store
        self.counters = counters
        self.services = services
        directory = plan.directory
        self.header = header
        partition = Partition(plan: plan, isKnown: plan.isKnown, modelPlaces: Array(plan.models.indices))
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
    }

    private mutating func take(_ item: IngestItem) async {
        let output = await process(item)
        sequence = item.sequence
        undecidedSince = partition.isUndecided ? undecidedSince ?? sequence : nil
        count()
        for alert in output.alerts where alert.rule == PriceLevel.rule { services.board.tell(alert.message) }
        show(output)
        await keep(output)
        for lane in lanes {
            await lane.offer(output, sequence: item.sequence, partition: index, header: header)
        }
    }

    /// Judges the events that wait, when the data ends.
    private mutating func finish() async {
        guard undecidedSince != nil else { return }
        undecidedSince = nil
        let output = partition.finish()
        count()
        await keep(output)
    }

    private mutating func count() {
        let tally = partition.tally
        counters.update { tally.add(to: &$0) }
        guard !tally.shares.isEmpty else { return }
        let losing = counters.snapshot.mostlyRefused
        guard !losing.isEmpty || isLosing else { return }
        isLosing = !losing.isEmpty
        let message = isLosing ? RefusalShare.message(header.pipeline, losing.map { directory.instrument($0) }) : ""
        services.board.set(.pipeline, header.pipeline, isLosing ? .degraded : .ok, message)
    }

    /// Hands a delivery to the store; the provider may forget it only when every event of it is judged.
    private func keep(_ output: PartitionOutput) async {
        let through = undecidedSince.map { $0 - 1 } ?? sequence
        _ = await store.push(
            StoreWriter.Item(sequence: through, partition: index, entry: entry(output), refused: output.refused))
    }

    private func entry(_ output: PartitionOutput) -> StoreEntry? {
        guard output.events.count > 0, !output.isStored else { return nil }
        return StoreEntry(
            pipeline: header.pipeline, timeframe: header.timeframe, provenance: output.provenance,
            events: output.events, arrival: output.arrival)
    }

    /// What waits for other processes does so on a thread of its own: on those that everything shares, as many as there
    /// are processors, two hanging plugins would stop requests, signals and sinks.
    private mutating func process(_ item: IngestItem) async -> PartitionOutput {
        guard let thread else { return partition.process(item) }
        return await withTaskExecutorPreference(thread) { partition.process(item) }
    }

    /// Lets indicators see events that every sink has.
    mutating func warmUp(_ events: EventBatch) async {
        guard let thread else { return partition.warmUp(events) }
        await withTaskExecutorPreference(thread) { partition.warmUp(events) }
    }

    private func show(_ output: PartitionOutput) {
        let (pipeline, timeframe) = (header.pipeline, header.timeframe)
        if case .bars(let bars) = output.events {
            services.latest.update(
                bars: bars, pipeline: pipeline, source: output.provenance.source, timeframe: timeframe)
        }
        for batch in output.predictions {
            services.latest.update(predictions: batch, pipeline: pipeline, timeframe: timeframe)
        }
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
