import PluginKit
import RowColumns

/// How a run goes on where an earlier one stood: from what the store has, then after the positions of its streams.
///
/// An input beside the driving one is played from before the first driving row that goes out again, so that each of them
/// finds what it found. Where one of them cannot go on, all begin at their beginning.
struct Resumption: Sendable {
    /// Without what a change replaces: this is held as long as streams run.
    private let plan: PipelinePlan
    /// Whether indicators want to see driving events that go out no more.
    private let warmsUp: Bool
    private let marks: [StreamMark?]
    private let needs: [(durable: DurableTimes, streams: [RecordStream])]
    /// The last stored driving event of each instrument.
    private let last: [InstrumentID: Int64]
    /// The event time after which all rows go out, where instruments are compared.
    private var sectionsFrom: Int64?
    /// Models that never predicted an instrument: of them no sink lacks anything.
    private var silent: [InstrumentID: Set<String>] = [:]
    /// Predictions that wait for their outcome, and what models had learned.
    private var outcomes: OutcomeResumption?
    /// The indicators of each input, whose states may be kept.
    private let kept: [KeptIndicators?]

    /// Finds out where a pipeline stands; `nil` where it begins at the beginning.
    init?(_ pipeline: Pipeline, _ lanes: [SinkLane]) async throws(PluginError) {
        let whole = pipeline.plan
        plan = whole.front
        kept = whole.inputs.map { KeptIndicators($0, of: whole) }
        warmsUp =
            !whole.features.columns.isEmpty || whole.models.contains { $0.window > 1 }
            || !OutcomeResumption.models(of: whole).isEmpty
        // Figures and factors are stored by what they say, not in the order they came in.
        guard plan.kind != .figure, plan.kind != .factor else { return nil }
        // What trades give with what stood beside them is made by playing both again.
        if plan.driving.isReplay, whole.features.columns.contains(where: { $0.prototype is any TradeColumn }) {
            return nil
        }
        var marks: [StreamMark?] = []
        for keeper in pipeline.positions { marks.append(try await keeper.stored()) }
        let isWhole = zip(marks, plan.inputs).dropFirst().allSatisfy { $0 != nil || !$1.isReplay }
        guard marks[0] != nil, isWhole else { return nil }
        self.marks = marks
        // Of other kinds of record there may be no row for years; without one there is no watermark to tell by.
        var regular: Set<RecordKind> = [whole.eventRecords, .predictions]
        if !whole.schema.names.isEmpty { regular.insert(.features) }
        needs = lanes.map { lane in
            let streams = SinkPlan.streams(lane.plan.records, models: whole.models.map(\.id))
            return (lane.durable, streams.filter { regular.contains($0.kind) })
        }
        let measured = OutcomeResumption.models(of: whole)
        last = try await pipeline.services.events.lastTimes(of: plan.driving, in: plan)
        var outcomes = OutcomeResumption(whole, measured, pipeline.services.outcomes)
        try await outcomes?.findDelivered(lanes)
        silent = try await outcomes?.silentModels(lanes) ?? [:]
        self.outcomes = outcomes
        if plan.driving.section != nil {
            // Rows of a time go out together or not at all: from the first that a sink lacks on, and the last in any case.
            let open = last.filter { settled($0.key) < $0.value }.map { settled($0.key) }
            let through = min(open.min() ?? .max, (last.values.max() ?? .min + 1) - 1)
            sectionsFrom = through
            if outcomes != nil {
                sectionsFrom = try await outcomes?.findTogether(through: through, pipeline.services.events)
            }
        } else {
            let through = plan.instruments.map { ($0.id, min(settled($0.id), (last[$0.id] ?? .min + 1) - 1)) }
            try await outcomes?.find(through: Dictionary(through) { $1 })
        }
        self.outcomes = outcomes
    }

    /// Plays what the store has of an input, then lets its stream go on after its position; returns the last event time of
    /// each instrument.
    func play(
        _ input: Int, _ events: any EventStore, to receiver: RouteReceiver
    ) async throws(PluginError) -> [InstrumentID: Int64] {
        if input == 0 { try await outcomes?.hand(to: receiver) }
        let newest = try await play(plan.inputs[input].kind.type, input, events, receiver)
        // What the store has was compared already.
        if input == 0 { try await receiver.closeSections() }
        for instrument in marks[input]?.afterRefused ?? [] {
            if let id = plan.directory.id(of: instrument) { try await receiver.resume(refused: id) }
        }
        receiver.resume(after: marks[input])
        return newest
    }

    /// About how many rows earlier runs refused of the stream of an input.
    func refused(_ input: Int) -> Int { marks[input]?.refused ?? 0 }

    private func play<Event: MarketEvent>(
        _ type: Event.Type, _ input: Int, _ events: any EventStore, _ receiver: RouteReceiver
    ) async throws(PluginError) -> [InstrumentID: Int64] {
        let own = plan.inputs[input]
        let newest = input == 0 ? last : try await events.lastTimes(of: own, in: plan)
        try await StoreReplay(type, plan, own, from: events, to: receiver, last: newest, kept: kept[input]) {
            instrument in
            let settled = min(sectionsFrom ?? settled(instrument), outcomes?.through(instrument) ?? .max)
            return input == 0 ? settled : min(settled, (last[instrument] ?? .min + 1) - 1)
        }.run(isDriving: input == 0, warmsUp: input > 0 || warmsUp)
        return newest
    }

    /// Last event time of which every sink has all that an instrument had. Of an instant that events share a sink may have
    /// some: then all of it goes out, and its watermark says which.
    private func settled(_ instrument: InstrumentID) -> Int64 {
        let silent = silent[instrument] ?? []
        var mark =
            needs.map { need in
                need.durable.settled(
                    instrument, in: need.streams.filter { $0.kind != .predictions || !silent.contains($0.model ?? "") })
            }.min() ?? EventMark(time: .max)
        if let delivered = outcomes?.delivered[instrument] { mark = min(mark, EventMark(time: delivered)) }
        return plan.kind == .bar || mark.count == .max || mark.time == .min ? mark.time : mark.time - 1
    }
}
