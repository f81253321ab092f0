import PluginKit

/// What a sink has of each stream since an earlier run: the last durable event time by instrument.
struct DurableTimes: Sendable {
    private struct Times: Sendable {
        let byInstrument: [Int64]
        let newest: Int64
    }

    private var streams: [RecordStream: Times] = [:]
    private let late: LateRows

    /// Creates times of nothing; `late` knows the rows before a watermark that were never delivered.
    init(late: LateRows) { self.late = late }

    /// Notes the times of a stream by instrument number; `Int64.min` for none.
    mutating func set(_ stream: RecordStream, _ times: [Int64]) {
        guard let newest = times.max(), newest > .min else { return }
        streams[stream] = Times(byInstrument: times, newest: newest)
    }

    /// Returns the last event time of an instrument that is durable in each of some streams.
    func settled(_ instrument: InstrumentID, in streams: [RecordStream]) -> Int64 {
        let slot = Int(instrument.rawValue)
        return streams.map { stream in
            guard let times = self.streams[stream]?.byInstrument, slot < times.count else { return .min }
            return times[slot]
        }.min() ?? .max
    }

    /// Returns the rows of a batch that are not durable, and the positions of those that are.
    func fresh(_ batch: RecordBatch) -> (batch: RecordBatch?, durable: [Int]) {
        guard let times = streams[batch.stream], let rows = batch.content.rows.eventTimes else { return (batch, []) }
        let durable = rows.indices.filter { row in
            isDurable(rows[row].time, rows[row].instrument, times)
                && !late.contains(rows[row].time, rows[row].instrument)
        }
        guard !durable.isEmpty else { return (batch, []) }
        guard durable.count < rows.count else { return (nil, durable) }
        let held = Set(durable)
        return (batch.selecting(rows.indices.filter { !held.contains($0) }), durable)
    }

    private func isDurable(_ time: Int64, _ instrument: InstrumentID?, _ times: Times) -> Bool {
        guard let instrument else { return time <= times.newest }
        let index = Int(instrument.rawValue)
        return index < times.byInstrument.count && time <= times.byInstrument[index]
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
        var now: [Instrument: Int64]?
        for stream in SinkPlan.streams(sink.records, models: plan.models.map(\.id)) {
            let key = WatermarkKey(pipeline: plan.id, sink: sink.id, digest: sink.digests[stream])
            var known = try await services.watermarks.watermarks(key)
            if sink.startsNow {
                let newest = if let now { now } else { try await newest(plan, services) }
                now = newest
                known = newest.merging(known) { $1 }
                try await services.watermarks.advance([key: known])
            }
            durable.set(stream, plan.byNumber(known))
            ahead.formUnion(known.filter { $0.value > latest }.keys.map(\.description))
        }
        if let first = ahead.min() {
            services.board.tell(
                "sink/\(sink.id): an earlier run delivered rows of \(first) that lie in the future; what comes before them is "
                    + "delivered where the store does not have it.")
        }
        return durable
    }

    /// The last stored event time of each instrument; where there is none, the time on the clock.
    private static func newest(
        _ plan: PipelinePlan, _ services: PipelineServices
    ) async throws(PluginError) -> [Instrument: Int64] {
        var newest: [Instrument: Int64] = [:]
        for reference in plan.instruments {
            let last = try await services.events.bars(of: reference.instrument, in: plan, limit: 1)
            newest[reference.instrument] = last.last?.bar.time ?? services.wallTime()
        }
        return newest
    }
}

extension EventStore {
    /// Returns the last bars that a pipeline accepted, in ascending event time.
    func bars(
        of instrument: Instrument, in plan: PipelinePlan, through last: Int64 = .max, limit: Int
    ) async throws(PluginError) -> [StoredBar] {
        try await events(
            Bar.self,
            EventQuery(
                instrument: instrument, timeframe: plan.timeframe, pipeline: plan.id, range: .min...last, limit: limit))
    }
}

extension PipelinePlan {
    /// Times by instrument as a list by instrument number; `Int64.min` for none.
    fileprivate func byNumber(_ times: [Instrument: Int64]) -> [Int64] {
        var list = Array(repeating: Int64.min, count: directory.count)
        for (instrument, time) in times {
            guard let id = directory.id(of: instrument), Int(id.rawValue) < list.count else { continue }
            list[Int(id.rawValue)] = time
        }
        return list
    }
}
