import PluginKit

/// What a pipeline's sink runners stand on: its services, its ledger, its clock.
struct SinkTools: Sendable {
    private let provider: any Provider
    private let pipeline: String
    private let directory: InstrumentTable
    private let partitions: Int
    private let services: PipelineServices
    private let ledger: AcknowledgementLedger
    private let isOutOfTime: StopSignal

    init(plan: PipelinePlan, services: PipelineServices, ledger: AcknowledgementLedger, isOutOfTime: StopSignal) {
        provider = plan.provider
        pipeline = plan.id
        directory = plan.directory
        partitions = plan.workers
        self.services = services
        self.ledger = ledger
        self.isOutOfTime = isOutOfTime
    }

    /// Empties a lane until nothing comes any more, or another one takes over.
    func empty(_ lane: SinkLane) async {
        await SinkRunner(lane: lane, partitions: partitions, environment: environment).run()
    }

    private var environment: SinkEnvironment {
        SinkEnvironment(
            flushRows: 16_384, patience: services.patience, isOutOfTime: isOutOfTime, clock: services.clock,
            report: { services.board.set(.sink, $0, $1, $2) },
            advance: { (lane, times) throws(PluginError) in
                var named: [Instrument: Int64] = [:]
                for (id, time) in times { named[directory.instrument(id)] = time }
                let key = WatermarkKey(pipeline: pipeline, sink: lane.plan.id, digest: lane.digest)
                try await services.watermarks.advance(key, to: named)
            },
            acknowledge: { sink, partition, sequence in
                await ledger.finish(outlet: sink + 1, partition: partition, through: sequence, tell: provider)
            })
    }
}

extension AcknowledgementLedger {
    /// Notes that an outlet is durable through a delivery, and tells the provider what that allows.
    func finish(outlet: Int, partition: Int, through sequence: UInt64, tell provider: any Provider) async {
        var next = finish(outlet: outlet, partition: partition, through: sequence)
        while let position = next {
            await provider.acknowledge(position)
            next = told()
        }
    }
}
