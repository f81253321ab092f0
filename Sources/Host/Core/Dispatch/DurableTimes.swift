import PluginKit

/// What a sink has of each stream since an earlier run: through which event, by instrument.
struct DurableTimes: Sendable {
    private struct Times: Sendable {
        let byInstrument: [EventMark]
        let newest: EventMark
    }

    private var streams: [RecordStream: Times] = [:]
    private let late: LateRows

    /// Creates times of nothing; `late` knows the rows before a watermark that were never delivered.
    init(late: LateRows) { self.late = late }

    /// Notes the marks of a stream by instrument number; one at `Int64.min` for none.
    mutating func set(_ stream: RecordStream, _ marks: [EventMark]) {
        guard let newest = marks.max(), newest.time > .min else { return }
        streams[stream] = Times(byInstrument: marks, newest: newest)
    }

    /// Returns how far an instrument is durable in each of some streams.
    func settled(_ instrument: InstrumentID, in streams: [RecordStream]) -> EventMark {
        let slot = Int(instrument.rawValue)
        return streams.map { stream in
            guard let times = self.streams[stream]?.byInstrument, slot < times.count else { return .none }
            return times[slot]
        }.min() ?? EventMark(time: .max)
    }

    /// Whether a sink has had anything of a stream, of whatever instrument.
    func has(_ stream: RecordStream) -> Bool { streams[stream] != nil }

    /// Returns the rows of a batch that are not durable, and the positions of those that are.
    func fresh(_ batch: RecordBatch) -> (batch: RecordBatch?, durable: [Int]) {
        guard let times = streams[batch.stream], let rows = batch.content.rows.eventTimes else { return (batch, []) }
        let durable = rows.indices.filter { row in
            let place = batch.places.isEmpty ? 0 : batch.places[row]
            return isDurable(place, rows[row].time, rows[row].instrument, times)
                && !late.contains(place, rows[row].time, rows[row].instrument)
        }
        guard !durable.isEmpty else { return (batch, []) }
        guard durable.count < rows.count else { return (nil, durable) }
        let held = Set(durable)
        return (batch.selecting(rows.indices.filter { !held.contains($0) }), durable)
    }

    private func isDurable(_ place: UInt32, _ time: Int64, _ instrument: InstrumentID?, _ times: Times) -> Bool {
        guard let instrument else { return times.newest.covers(place, at: time) }
        let index = Int(instrument.rawValue)
        return index < times.byInstrument.count && times.byInstrument[index].covers(place, at: time)
    }
}

extension DurableTimes {
    /// Reads what a sink has of the streams of a pipeline.
    ///
    /// A sink that is to start now is given nothing of what is known when it first appears; from then on it has watermarks.
    static func read(
        _ sink: SinkPlan, _ plan: PipelinePlan, _ services: PipelineServices
    ) async throws(PluginError) -> DurableTimes {
        if sink.isEmpty, !sink.startsNow { try await services.watermarks.forget(pipeline: plan.id, sink: sink.id) }
        var durable = DurableTimes(late: try await LateRows.read(sink.id, plan, services))
        let latest = EventTimes.latest(at: services.wallTime(), span: plan.timeframe.nanoseconds)
        var ahead: Set<String> = []
        var now: [Instrument: EventMark]?
        for stream in SinkPlan.streams(sink.records, models: plan.models.map(\.id)) {
            let key = WatermarkKey(pipeline: plan.id, sink: sink.id, digest: sink.digests[stream])
            var known = try await services.watermarks.watermarks(key)
            if sink.startsNow {
                let newest = if let now { now } else { try await newest(plan, services) }
                now = newest
                // Of a first run that had nothing stored the mark is the clock, which may lie beyond the data.
                known = newest.merging(known, uniquingKeysWith: min)
                try await services.watermarks.advance([key: known])
            }
            durable.set(stream, plan.byNumber(known))
            ahead.formUnion(known.filter { $0.value.time > latest }.keys.map(\.description))
        }
        if let first = ahead.min() {
            services.board.tell(
                "sink/\(sink.id): an earlier run delivered rows of \(first) that lie in the future; what comes before them is "
                    + "delivered where the store does not have it.")
        }
        return durable
    }

    /// The last stored event of each instrument; where there is none, the time on the clock.
    private static func newest(
        _ plan: PipelinePlan, _ services: PipelineServices
    ) async throws(PluginError) -> [Instrument: EventMark] {
        let last = try await services.events.lastTimes(of: plan.driving, in: plan)
        let now = services.wallTime()
        return Dictionary(
            plan.instruments.map { ($0.instrument, EventMark(time: last[$0.id] ?? now)) }, uniquingKeysWith: max)
    }
}

extension EventStore {
    /// Returns the marks behind the last driving events that a pipeline accepted, in ascending order.
    func marks(of instrument: Instrument, in plan: PipelinePlan, limit: Int) async throws(PluginError) -> [EventMark] {
        let query = EventQuery(instrument: instrument, timeframe: plan.timeframe, pipeline: plan.id, limit: limit)
        func read<Event: MarketEvent>(_ type: Event.Type) async throws(PluginError) -> [EventMark] {
            try await events(type, query).map { EventMark(behind: $0.place, at: $0.event.time) }
        }
        return try await read(plan.kind.type)
    }
}

extension EventStore {
    /// Returns the event time of the last event that an input of a pipeline accepted of each instrument, not after a time; absent
    /// where there is none.
    func lastTimes(
        of input: InputPlan, in plan: PipelinePlan, through time: Int64 = .max
    ) async throws(PluginError) -> [InstrumentID: Int64] {
        let queries = plan.instruments.map {
            EventQuery(
                instrument: $0.instrument, timeframe: input.timeframe, pipeline: plan.scope(of: input),
                range: .min...time, limit: 1)
        }
        func read<Event: MarketEvent>(_ type: Event.Type) async throws(PluginError) -> [InstrumentID: Int64] {
            let found = try await events(type, each: queries)
            var times: [InstrumentID: Int64] = [:]
            for (reference, events) in zip(plan.instruments, found) { times[reference.id] = events.last?.event.time }
            return times
        }
        return try await read(input.kind.type)
    }
}

extension EventMark {
    /// Before everything.
    static let none = EventMark(time: .min, count: 0)
}

extension PipelinePlan {
    /// Marks by instrument as a list by instrument number.
    fileprivate func byNumber(_ marks: [Instrument: EventMark]) -> [EventMark] {
        var list = Array(repeating: EventMark.none, count: directory.count)
        for (instrument, mark) in marks {
            guard let id = directory.id(of: instrument), Int(id.rawValue) < list.count else { continue }
            list[Int(id.rawValue)] = mark
        }
        return list
    }
}
