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
    private let counters: FlowCounters
    private let latest: LatestValues
    private let header: RecordHeader

    init(
        index: Int, plan: PipelinePlan, lanes: [SinkLane], store: BoundedQueue<StoreWriter.Item>,
        counters: FlowCounters, latest: LatestValues, header: RecordHeader
    ) {
        self.index = index
        self.lanes = lanes
        self.store = store
        self.counters = counters
        self.latest = latest
        self.header = header
        partition = Partition(plan: plan, isKnown: plan.isKnown, modelPlaces: Array(plan.models.indices))
    }

    /// Works until the queue is finished and empty.
    mutating func run(taking queue: BoundedQueue<PartitionInput>) async {
        while let input = await queue.pop() {
            switch input {
            case .delivery(let item): await take(item)
            case .order(let order): await order.carryOut(&self)
            }
        }
    }

    private mutating func take(_ item: IngestItem) async {
        let output = partition.process(item)
        sequence = item.sequence
        let tally = partition.tally
        counters.update { tally.add(to: &$0) }
        show(output)
        _ = await store.push(
            StoreWriter.Item(
                sequence: item.sequence, partition: index, bars: output.bars, refused: output.refused))
        for lane in lanes {
            await lane.offer(output, sequence: item.sequence, partition: index, header: header)
        }
    }

    private func show(_ output: PartitionOutput) {
        latest.update(bars: output.bars, source: header.source, timeframe: header.timeframe)
        for batch in output.predictions { latest.update(predictions: batch, pipeline: header.pipeline) }
    }

    /// Begins a journal of accepted bars; `mark` is thrown when everything accepted until now is in the store.
    mutating func begin(_ journal: BarJournal, mark: StopSignal) async -> [InstrumentID: Int64] {
        let times = partition.begin(journal)
        let item = StoreWriter.Item(sequence: sequence, partition: index, bars: [], refused: [], mark: mark)
        if case .closed = await store.push(item) { mark.fire() }
        return times
    }

    /// Ends a journal that nobody wants any more.
    mutating func endJournal() { partition.endJournal() }

    /// Goes over to another plan and other lanes.
    mutating func adopt(_ plan: PipelinePlan, modelPlaces: [Int], warmed: FeatureStage?, lanes: [SinkLane]) {
        partition.adopt(plan, modelPlaces: modelPlaces, warmed: warmed)
        self.lanes = lanes
    }
}
