package import PluginKit

/// Joins the past of an input beside the driving one with driving events of the past: the columns a model learns from, made
/// by what makes them live.
package struct CarriedHistory: Sendable {
    /// Events that are joined in one step.
    private static let step = 16_384

    private let plan: PipelinePlan
    private let input: InputPlan

    /// Prepares the join of an input of a plan.
    package init(_ plan: PipelinePlan, _ input: InputPlan) {
        self.plan = plan
        self.input = input
    }

    /// Returns the input's columns, `carriedNames.count` numbers a driving event, from what the store has.
    ///
    /// - Parameter keys: the driving events of one instrument, ascending in time.
    package func columns(
        beside keys: [RowKey], of instrument: Instrument, from events: any EventStore
    ) async throws(PluginError) -> [Double] {
        try await columns(input.kind.type, keys, instrument, events)
    }

    private func columns<Event: MarketEvent>(
        _ type: Event.Type, _ keys: [RowKey], _ instrument: Instrument, _ events: any EventStore
    ) async throws(PluginError) -> [Double] {
        var join = Join(plan, input, keys)
        var first = Int64.min
        while true {
            func stored(_ range: ClosedRange<Int64>, _ limit: Int) async throws(PluginError) -> [Event] {
                try await events.events(
                    type,
                    EventQuery(
                        instrument: instrument, timeframe: input.timeframe, pipeline: plan.scope(of: input),
                        range: range, limit: limit, isFromStart: true)
                ).map(\.event)
            }
            var piece = try await stored(first...Int64.max, Self.step)
            guard piece.count == Self.step, let last = piece.last?.time, last < .max else {
                return join.finish(after: Event.batch(piece))
            }
            // All events of the last instant.
            piece.removeAll { $0.time == last }
            piece += try await stored(last...last, .max)
            join.take(stored: Event.batch(piece), through: last)
            first = last + 1
        }
    }

    /// Returns the same of what a provider answered about the instrument: its events are judged like those of a stream.
    ///
    /// - Parameter latest: the last event time that is no future.
    package func columns(beside keys: [RowKey], in events: EventBatch, latest: Int64) -> [Double] {
        var join = Join(plan, input, keys)
        for item in input.items(events, latest, most: Self.step) { join.take(item) }
        return join.finish(after: .empty(input.kind))
    }
}

/// The input of one instrument, and the driving events that have not been written yet.
private struct Join {
    private var side: SideInput
    private let keys: [RowKey]
    private let width: Int
    private var written = 0
    private var values: [Double] = []

    init(_ plan: PipelinePlan, _ input: InputPlan, _ keys: [RowKey]) {
        side = SideInput(plan, input, offset: 0, isKnown: plan.isKnown)
        width = input.carriedNames.count
        self.keys = keys
    }

    mutating func take(stored events: EventBatch, through last: Int64) {
        side.take(stored: events)
        write(before: last)
    }

    mutating func take(_ item: IngestItem) {
        var last = Int64.min
        item.events.forEach { _, time, _ in last = max(last, time) }
        side.take(item)
        // Bars that are built of it may close later.
        if item.reached == .min { write(before: last) }
    }

    mutating func finish(after events: EventBatch) -> [Double] {
        side.take(stored: events)
        write(before: nil)
        return values
    }

    /// Writes the driving events before a time: everything they can be joined with is there.
    private mutating func write(before time: Int64?) {
        let end = time.flatMap { time in keys[written...].firstIndex { $0.time >= time } } ?? keys.count
        guard end > written else { return }
        let ready = Array(keys[written..<end])
        var rows = Array(repeating: Double.nan, count: ready.count * width)
        var missing = MissingRows()
        side.write(ready, into: &rows, after: 0, stride: width, missing: &missing)
        values += rows
        written = end
    }
}
