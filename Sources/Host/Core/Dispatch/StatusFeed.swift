import PluginKit

/// Gives the sinks of a pipeline that ask for `status` each change of state of the pipeline's parts and of the host's, once and
/// in order.
///
/// What a sink is given lies in no stream with a watermark: a state that changed in an earlier run does not come again.
struct StatusFeed: Sendable {
    let pipeline: Pipeline

    /// Works until the changes end.
    func run(_ changes: AsyncStream<InstanceStatus>) async {
        var sequence: UInt64 = 0
        for await status in changes where concerns(status) {
            let lanes = pipeline.lanes.value.filter { $0.plan.records.contains(.status) }
            guard !lanes.isEmpty else { continue }
            sequence += 1
            let item = SinkItem(sequence: 0, partition: 0, batches: [batch(status, sequence)], isLast: false)
            for lane in lanes { await lane.put(item, lane.plan) }
        }
    }

    private func batch(_ status: InstanceStatus, _ sequence: UInt64) -> RecordBatch {
        let plan = pipeline.plan
        let record = StatusRecord(
            time: status.since, component: status.name, state: status.state.rawValue, message: status.message)
        return RecordBatch(
            pipeline: plan.id, source: "", timeframe: plan.timeframe, sequence: sequence, content: .status([record]))
    }

    /// Whether a component is the pipeline's or the host's own, and no other pipeline's.
    private func concerns(_ status: InstanceStatus) -> Bool {
        let plan = pipeline.plan
        return switch status.kind {
        case .provider: plan.route.members.contains { $0.slot.id == status.id }
        case .indicator: plan.features.columns.contains { $0.id == status.id }
        case .model: plan.models.contains { $0.id == status.id }
        case .sink: plan.sinks.contains { $0.id == status.id }
        case .pipeline: status.id == plan.id
        case .store: status.id == plan.id || status.id == InstanceBoard.stateID
        case .route, .gateway: true
        }
    }
}
