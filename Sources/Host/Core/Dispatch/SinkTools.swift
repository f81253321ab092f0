import PluginKit

/// What a pipeline's sink runners stand on: its services, its ledger, its clock.
struct SinkTools: Sendable {
    private let pipeline: String
    private let directory: InstrumentTable
    private let partitions: Int
    private let services: PipelineServices
    private let ledger: AcknowledgementLedger
    private let isOutOfTime: StopSignal
    private let acknowledge: @Sendable (AcknowledgementLedger.Place) async -> Void

    /// Creates tools; `acknowledge` is told what is durable in the store and every sink.
    init(
        plan: PipelinePlan, services: PipelineServices, ledger: AcknowledgementLedger, isOutOfTime: StopSignal,
        acknowledge: @escaping @Sendable (AcknowledgementLedger.Place) async -> Void
    ) {
        self.acknowledge = acknowledge
        pipeline = plan.id
        directory = plan.directory
        partitions = plan.workers
        self.services = services
        self.ledger = ledger
        self.isOutOfTime = isOutOfTime
    }

    /// Gives a sink what waits in its lane until its turn is over.
    func run(_ lane: SinkLane, _ turn: SinkTurn) async {
        await SinkRunner(lane: lane, turn: turn, partitions: partitions, environment: environment).run()
    }

    private var environment: SinkEnvironment {
        let board = services.board
        return SinkEnvironment(
            flushRows: 16_384, patience: services.patience, isOutOfTime: isOutOfTime, clock: services.clock,
            report: { board.set(.sink, $0, $1, $2) },
            isRetired: { board.status(.sink, $0)?.isRetired ?? false },
            advance: { (sink, marks) throws(PluginError) in
                var named: [WatermarkKey: [Instrument: EventMark]] = [:]
                for (stream, reached) in marks where !reached.isEmpty {
                    let key = WatermarkKey(pipeline: pipeline, sink: sink.id, digest: sink.digests[stream])
                    named[key, default: [:]].reserveCapacity(reached.count)
                    for (id, mark) in reached { named[key, default: [:]][directory.instrument(id)] = mark }
                }
                try await services.watermarks.advance(named)
            },
            acknowledge: { sink, partition, sequence in
                await ledger.finish(
                    outlet: sink + 1, partition: partition, through: sequence, tell: acknowledge)
            })
    }
}

extension AcknowledgementLedger {
    /// Notes that an outlet is durable through a delivery, and tells what that allows.
    func finish(
        outlet: Int, partition: Int, through sequence: UInt64, tell: (Place) async -> Void
    ) async {
        var next = finish(outlet: outlet, partition: partition, through: sequence)
        while let place = next {
            await tell(place)
            next = told()
        }
    }
}
